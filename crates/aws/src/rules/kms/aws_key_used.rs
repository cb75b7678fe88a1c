use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{GONE, described};
use crate::{Check, RegionContext, Rule, at_rest::Resource, inspect::data::key};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Info,
    covers: &[Part::SecretsManager],
    cis: &[],
    check: Check::Encrypted(check),
};

fn check(resource: &Resource<'_>, region: &RegionContext<'_>) -> Verdict {
    let Some(id) = resource.key else {
        return Ok(Judgement::of(vec![resource.keyless.to_owned()]));
    };
    let Some(key) = described(key(region, id)?)? else {
        return Ok(Judgement::not_applicable(GONE));
    };
    if key.key_manager != "AWS" {
        return Ok(Judgement::pass());
    }
    Ok(Judgement::of(vec![format!("{id}: KeyManager = AWS")]))
}
