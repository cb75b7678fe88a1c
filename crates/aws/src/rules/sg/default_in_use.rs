use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::bounded;
use crate::{Check, RegionContext, Rule, inventory::ec2::SecurityGroup};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1), Part::SecurityGroups],
    cis: &[],
    check: Check::ClusterGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    // Nobody can give another group this name.
    if group.group_name != "default" {
        return Ok(Judgement::pass());
    }
    let groups = region.cluster_groups()?;
    let carried = groups.groups.get(group.group_id.as_str());
    let interfaces = carried.into_iter().flat_map(|it| &it.interfaces);
    let on = interfaces.map(|it| match (&it.instance_id, it.description.as_str()) {
        (Some(instance), _) => format!("on {} of {instance}", it.network_interface_id),
        (None, "") => format!("on {}", it.network_interface_id),
        (None, what) => format!("on {} ({what})", it.network_interface_id),
    });
    let name = format!("groupName of {} is default", group.group_id);
    Ok(Judgement::of([name].into_iter().chain(bounded(on)).collect()))
}
