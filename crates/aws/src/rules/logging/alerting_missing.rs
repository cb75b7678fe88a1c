use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{by_alarm, by_guardduty, by_subscription};
use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &["2.1.2"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    if !described.enabled_logs.iter().any(|it| it == "audit") {
        return Ok(Judgement::not_applicable("judged by logging-audit-off"));
    }
    let mut ways = vec![by_guardduty(region)];
    let name = format!("/aws/eks/{}/cluster", cluster.name);
    match region.region.log_groups.known() {
        Err(gap) => ways.push(Err(gap)),
        Ok(groups) => match groups.iter().find(|it| it.log_group_name == name) {
            None => ways.push(Ok(Err(format!("log group {name} does not exist")))),
            Some(group) => ways.extend([by_subscription(group), by_alarm(group, region)]),
        },
    }
    let (mut facts, mut gaps) = (Vec::new(), Vec::new());
    for way in ways {
        match way {
            Ok(Ok(fact)) => return Ok(Judgement::Pass { facts: vec![fact] }),
            Ok(Err(fact)) => facts.push(fact),
            Err(gap) => gaps.push(gap),
        }
    }
    match gaps.into_iter().next() {
        Some(gap) => Err(gap),
        None if region.account.settings.forwarded_audit_logs.contains(&cluster.name) => {
            Ok(Judgement::accepted(facts, "named in forwarded_audit_logs"))
        }
        None => Ok(Judgement::of(facts)),
    }
}
