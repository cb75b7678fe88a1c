use eksray_rule::{Judgement, Part, Severity, Verdict};
use jiff::SignedDuration;

use super::shared::{described, used_by};
use crate::{Check, RegionContext, Rule, at_rest::KeyUse};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::SecretsManager],
    cis: &["5.3.1"],
    check: Check::Key(check),
};

const USABLE: [&str; 3] = ["Enabled", "Creating", "Updating"];

/// Imported material that expires within this time.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

fn check(usage: &KeyUse<'_>, region: &RegionContext<'_>) -> Verdict {
    let Some(key) = described(usage.key)? else {
        let fact = format!("{} does not exist any more", usage.key.key_id);
        return Ok(Judgement::of(vec![fact, used_by(usage)]));
    };
    let mut facts = Vec::new();
    if !USABLE.contains(&key.key_state.as_str()) {
        facts.push(format!("KeyState = {}", key.key_state));
        facts.extend(key.deletion_date.map(|it| format!("DeletionDate {}", it.strftime("%F"))));
    }
    let expiry = key.valid_to.filter(|it| it.duration_since(region.account.now) < SOON);
    facts.extend(expiry.map(|it| format!("ValidTo {}", it.strftime("%F"))));
    if !facts.is_empty() {
        facts.push(used_by(usage));
    }
    Ok(Judgement::of(facts))
}
