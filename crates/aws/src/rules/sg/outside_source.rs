use eksray_rule::{Gap, Part, Severity, Verdict, any};

use super::shared::{bounded, failed, foreign, outside, own_networks};
use crate::{Check, RegionContext, Rule, inventory::ec2::SecurityGroup, net::rule_ports};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::ClusterGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    let network = region.network();
    let own = own_networks(region);
    let (mut facts, mut gaps): (Vec<String>, Vec<Gap>) = (Vec::new(), Vec::new());
    for permission in &group.ip_permissions {
        let ports = rule_ports(permission);
        let ranges = permission.ip_ranges.iter().filter_map(|it| outside(&[*it], &own));
        facts.extend(ranges.map(|it| format!("ingress {ports} from {it}")));
        for list in &permission.prefix_list_ids {
            match network.prefixes(list) {
                Ok(prefixes) => {
                    let name = &network.prefix_list(list)?.prefix_list_name;
                    let ranges = outside(prefixes, &own);
                    facts.extend(
                        ranges.map(|it| format!("ingress {ports} from {list} {name}: {it}")),
                    );
                }
                Err(gap) => gaps.push(gap),
            }
        }
        let groups = permission.groups.iter().filter_map(|it| foreign(it, group, region));
        facts.extend(groups.map(|it| format!("ingress {ports} from {it}")));
    }
    let excuses = region.region.vpcs.gap().cloned();
    let failed = failed(bounded(facts), excuses.into_iter().collect());
    any([Ok(failed)].into_iter().chain(gaps.into_iter().map(Err)))
}
