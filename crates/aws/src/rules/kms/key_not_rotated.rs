use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{GONE, described, used_by};
use crate::{Check, RegionContext, Rule, at_rest::KeyUse};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::SecretsManager],
    cis: &[],
    check: Check::Key(check),
};

/// Days of a year: KMS's default, and what an owner may shorten.
const YEAR: u32 = 365;

fn check(usage: &KeyUse<'_>, _: &RegionContext<'_>) -> Verdict {
    let Some(key) = described(usage.key)? else { return Ok(Judgement::not_applicable(GONE)) };
    let why = match (key.key_manager.as_str(), key.key_spec.as_str(), key.origin.as_str()) {
        ("AWS", ..) => "managed by AWS, which rotates it",
        (_, spec, _) if spec != "SYMMETRIC_DEFAULT" => "only symmetric keys rotate by themselves",
        (.., origin) if origin != "AWS_KMS" => "its material is not of KMS",
        _ if matches!(key.key_state.as_str(), "PendingDeletion" | "PendingReplicaDeletion") => {
            "about to be deleted, judged by kms-key-unusable"
        }
        _ => "",
    };
    if !why.is_empty() {
        return Ok(Judgement::not_applicable(why));
    }
    let rotation = usage.key.rotation.known()?;
    let fact = match rotation.rotation_period_in_days {
        _ if !rotation.key_rotation_enabled => "KeyRotationEnabled = false".to_owned(),
        Some(days) if days > YEAR => format!("RotationPeriodInDays = {days}, more than {YEAR}"),
        _ => return Ok(Judgement::pass()),
    };
    Ok(Judgement::of(vec![fact, used_by(usage)]))
}
