use std::collections::BTreeSet;

use eksray_rule::{Part, Severity, Verdict, any};

use super::shared::Exposure;
use crate::{
    Check, RegionContext, Rule,
    cidr::internet,
    inventory::ec2::NetworkInterface,
    net::Network,
    node_pool::{NodePool, missing, running},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1)],
    cis: &["5.4.3"],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, region: &RegionContext<'_>) -> Verdict {
    let running: BTreeSet<&str> =
        running(pool)?.into_iter().map(|it| it.instance_id.as_str()).collect();
    let mut verdicts = Vec::new();
    if let Some(Err(gap)) = &pool.nodegroup {
        verdicts.push(Err(gap.clone()));
    }
    if !running.is_empty() {
        verdicts.extend(interfaces(pool, region, running)?);
    }
    any(verdicts)
}

fn interfaces(
    pool: &NodePool<'_>,
    region: &RegionContext<'_>,
    mut running: BTreeSet<&str>,
) -> Result<Vec<Verdict>, eksray_rule::Gap> {
    let on_nodes =
        |it: &&NetworkInterface| it.instance_id.as_deref().is_some_and(|it| running.contains(it));
    let all = region.region.network_interfaces.known()?;
    let interfaces: Vec<&NetworkInterface> = all.iter().filter(on_nodes).collect();
    for interface in &interfaces {
        interface.instance_id.as_deref().map(|it| running.remove(it));
    }
    let pools = &region.account.settings.edge_pools;
    let is_edge = pools.iter().any(|it| *it == pool.name || it == pool.subject().as_str());
    let network = Network::of(region.region);
    let exposure = Exposure::of(&network, &internet(), &interfaces);
    let mut verdicts = exposure.verdicts(is_edge.then_some("listed in `edge_pools`"));
    verdicts.extend(running.iter().map(|it| Err(missing("ec2:DescribeNetworkInterfaces", it))));
    Ok(verdicts)
}
