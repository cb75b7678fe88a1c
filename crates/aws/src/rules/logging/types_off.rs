use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &["2.1.1"],
    check: Check::Cluster(check),
};

/// The authenticator comes first: it holds which AWS principal became which Kubernetes user.
const TYPES: [&str; 4] = ["authenticator", "api", "controllerManager", "scheduler"];

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let enabled = &cluster.described.known()?.enabled_logs;
    let off = TYPES.into_iter().filter(|it| !enabled.iter().any(|on| on == it));
    Ok(Judgement::of(off.map(|it| format!("log type {it} is not enabled")).collect()))
}
