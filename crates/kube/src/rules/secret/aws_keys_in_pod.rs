use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{AwsKeys, aws_keys};
use crate::{Check, Context, Rule, inventory::workload::Workload, managed};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Practice(4), Part::SecretsManager, Part::Iam],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let mut keys = AwsKeys::default();
    for (spec, container) in workload.containers() {
        keys.extend(aws_keys(spec, container));
    }
    let AwsKeys { long_lived, perhaps, session } = keys;
    if !long_lived.is_empty() {
        return Ok(Judgement::of(long_lived));
    }
    if perhaps.is_empty() {
        return Ok(Judgement::Pass { facts: session });
    }
    // The manifests of AWS name a Secret that nobody has to make.
    Ok(match managed::component(workload) {
        Some(component) => Judgement::accepted(perhaps, component.reason()),
        None => Judgement::Fail { facts: perhaps, possible: true, not_considered: Vec::new() },
    })
}
