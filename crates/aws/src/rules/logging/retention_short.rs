use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Logging],
    cis: &["2.1.2"],
    check: Check::LogGroup(check),
};

fn check(cluster: &Cluster, context: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    if described.enabled_logs.is_empty() {
        return Ok(Judgement::not_applicable("logging is off, judged by logging-audit-off"));
    }
    let groups = context.region.log_groups.known()?;
    let name = format!("/aws/eks/{}/cluster", cluster.name);
    let Some(group) = groups.iter().find(|it| it.log_group_name == name) else {
        if described.status == "CREATING" {
            return Ok(Judgement::not_applicable("the cluster is being created"));
        }
        return Ok(Judgement::of(vec![format!(
            "logging of {} is on and the group does not exist",
            described.enabled_logs.join(", ")
        )]));
    };
    let wanted = context.account.settings.log_retention;
    match group.retention_in_days {
        Some(days) if days < wanted => {
            Ok(Judgement::of(vec![format!("retentionInDays = {days}, less than {wanted}")]))
        }
        _ => Ok(Judgement::pass()),
    }
}
