use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{covers, fault};
use crate::{
    Check, RegionContext, Rule,
    few::few,
    inventory::ec2::{FlowLog, Subnet},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::ClusterVpc(check),
};

fn check(vpc: &str, subnets: &[&Subnet], region: &RegionContext<'_>) -> Verdict {
    let logs = region.region.flow_logs.known()?;
    let of = |ids: &[&str]| -> Vec<&FlowLog> {
        logs.iter().filter(|it| ids.contains(&it.resource_id.as_str())).collect()
    };
    if covers(&of(&[vpc])) {
        return Ok(Judgement::pass());
    }
    let (mut used, mut bare) = (of(&[vpc]), Vec::new());
    for subnet in subnets {
        let id = subnet.subnet_id.as_str();
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
    let mut facts = few(used.into_iter().map(fault));
    match (subnets, bare.as_slice()) {
        ([], _) => facts.push(format!("no effective flow log of {vpc}")),
        (_, []) => return Ok(Judgement::pass()),
        _ => facts.push(format!("no effective flow log covers {}", few(bare).join(", "))),
    }
    Ok(Judgement::of(facts))
}
