use eksray_rule::{Part, Severity, Verdict, any};

use super::shared::exposed;
use crate::{Check, RegionContext, Rule, inventory::logs::LogGroup};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Logging],
    cis: &["2.1.2"],
    check: Check::ExposedLogGroup(check),
};

fn check(group: &LogGroup, region: &RegionContext<'_>) -> Verdict {
    let policies = [&region.region.log_resource_policies, &group.resource_policies];
    any(policies.map(|it| exposed(it, group, region)))
}
