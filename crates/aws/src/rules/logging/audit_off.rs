use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Logging],
    cis: &["2.1.1"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let enabled = &cluster.described.known()?.enabled_logs;
    if enabled.iter().any(|it| it == "audit") {
        return Ok(Judgement::pass());
    }
    let mut enabled = enabled.clone();
    enabled.sort();
    let fact = if enabled.is_empty() {
        "logging.clusterLogging enables nothing".to_owned()
    } else {
        format!("logging.clusterLogging enables only {}", enabled.join(", "))
    };
    Ok(Judgement::of(vec![fact]))
}
