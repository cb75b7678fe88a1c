use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{
    bounded, failed, kept_by_controller,
    trust::{Trust, is_broad},
};
use crate::{
    Check, RegionContext, Rule,
    inventory::ec2::{IpPermission, SecurityGroup},
    net::rule_ports,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1), Part::SecurityGroups],
    cis: &["3.2.4"],
    check: Check::NodeGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    let trust = Trust::of(group, region)?;
    let (mut facts, mut kept, mut verdicts) = (Vec::new(), Vec::new(), Vec::new());
    for permission in group.ip_permissions.iter().filter(|it| is_broad(it)) {
        let ports = rule_ports(permission);
        let of_controller = kept_by_controller(permission);
        for source in sources(permission, &trust, region) {
            match source {
                Err(gap) => verdicts.push(Err(gap)),
                Ok(it) if of_controller => kept.push(format!("ingress {ports} from {it}")),
                Ok(it) => facts.push(format!("ingress {ports} from {it}")),
            }
        }
    }
    verdicts.push(Ok(failed(bounded(facts), trust.unread)));
    if !kept.is_empty() {
        let why = "kept by the AWS Load Balancer Controller";
        verdicts.push(Ok(Judgement::accepted(bounded(kept), why)));
    }
    any(verdicts)
}

/// Sources inside that are not the clusters' own.
fn sources(
    permission: &IpPermission,
    trust: &Trust<'_>,
    region: &RegionContext<'_>,
) -> Vec<Result<String, eksray_rule::Gap>> {
    let ranges = permission.ip_ranges.iter().map(|it| trust.private(&[*it], permission));
    let lists = permission.prefix_list_ids.iter().map(|list| {
        let prefixes = region.network().prefixes(list)?;
        Ok(trust.private(prefixes, permission)?.map(|it| format!("{list}: {it}")))
    });
    let groups = permission.groups.iter().map(|it| {
        let known = trust.knows(&it.group_id, region)?;
        Ok((!known).then(|| it.group_id.clone()))
    });
    ranges.chain(lists).chain(groups).filter_map(Result::transpose).collect()
}
