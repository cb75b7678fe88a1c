use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Info,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::ControlPlaneSubnet(check),
};

fn check(subnet: &str, region: &RegionContext<'_>) -> Verdict {
    let nodes = region.node_subnets()?;
    let Some(found) = nodes.subnets.get(subnet) else {
        // Nodes of any cluster that was not read may stand here.
        let gap = nodes.gaps.values().flatten().next();
        return gap.map_or(Ok(Judgement::pass()), |it| Err(it.clone()));
    };
    let mut pools: Vec<String> =
        found.pools.iter().take(5).map(|it| format!("holds {it}")).collect();
    let more = found.pools.len().saturating_sub(5);
    pools.extend((more > 0).then(|| format!("and {more} more")));
    Ok(Judgement::of(pools))
}
