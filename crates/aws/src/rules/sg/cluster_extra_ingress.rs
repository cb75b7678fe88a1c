use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{admitted_to_443, extra, kept_by_controller};
use crate::{
    Check, RegionContext, Rule,
    inventory::{ec2::SecurityGroup, eks::Cluster},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1), Part::SecurityGroups],
    cis: &["5.4.1"],
    check: Check::ControlPlaneGroup(check),
};

fn check(group: &SecurityGroup, cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    let mut verdicts = Vec::new();
    let is_cluster_group = described.cluster_security_group_id.as_ref() == Some(&group.group_id);
    let is_additional = described.security_group_ids.contains(&group.group_id);
    if described.endpoint_private_access {
        verdicts.push(admitted_to_443(&region.network(), group, described));
    } else if is_additional && !is_cluster_group {
        return Ok(Judgement::not_applicable("endpointPrivateAccess is false"));
    }
    if is_cluster_group {
        for permission in &group.ip_permissions {
            let facts = extra(permission, group, described);
            if facts.is_empty() {
                continue;
            }
            verdicts.push(Ok(if kept_by_controller(permission) {
                Judgement::accepted(facts, "kept by the AWS Load Balancer Controller")
            } else {
                Judgement::of(facts)
            }));
        }
    }
    any(verdicts)
}
