use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{covers, fault, subnets_in};
use crate::{
    Check, RegionContext, Rule,
    inspect::{few, first},
    inventory::{ec2::FlowLog, eks::Cluster},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::ClusterVpc(check),
};

fn check(vpc: &str, clusters: &[&Cluster], region: &RegionContext<'_>) -> Verdict {
    let logs = region.region.flow_logs.known()?;
    let of = |ids: &[&str]| -> Vec<&FlowLog> {
        logs.iter().filter(|it| ids.contains(&it.resource_id.as_str())).collect()
    };
    if covers(&of(&[vpc])) {
        return Ok(Judgement::pass());
    }
    let (subnets, gaps) = subnets_in(vpc, clusters, region)?;
    let (mut used, mut bare) = (of(&[vpc]), Vec::new());
    for id in subnets.iter().copied() {
        if covers(&of(&[vpc, id])) {
            continue;
        }
        if logs.iter().any(|it| it.resource_id.starts_with("eni-")) {
            let all = region.region.network_interfaces.known()?.iter();
            let mut within = all.filter(|it| it.subnet_id == id).peekable();
            let logged = |eni: &str| covers(&of(&[vpc, id, eni]));
            if within.peek().is_some() && within.all(|it| logged(&it.network_interface_id)) {
                continue;
            }
        }
        used.extend(of(&[id]));
        bare.push(id.to_owned());
    }
    let lacks = match subnets.as_slice() {
        [] if gaps.is_empty() => Some(format!("no effective flow log of {vpc}")),
        _ => (!bare.is_empty()).then(|| format!("no effective flow log covers {}", few(bare))),
    };
    let facts =
        lacks.map(|it| first(used.into_iter().map(fault)).into_iter().chain([it]).collect());
    let found = facts.map_or_else(Judgement::pass, Judgement::of);
    any(gaps.into_iter().map(Err).chain([Ok(found)]))
}
