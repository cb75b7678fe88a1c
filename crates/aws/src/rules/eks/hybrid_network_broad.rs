use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    cidr::union,
    inspect::first,
    inventory::eks::{Cluster, ClusterDescription},
    node_pool::missing,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::Cluster(check),
};

/// A site of this size holds more than nodes and pods.
const MOST: u64 = 1 << 16;

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    if described.remote_networks.is_empty() {
        return Ok(Judgement::not_applicable("no remoteNetworkConfig"));
    }
    let addresses = union(described.remote_networks.iter().copied()).ipv4_addresses();
    let size =
        (addresses > MOST).then(|| format!("remoteNetworkConfig holds {addresses} IPv4 addresses"));
    any([Ok(Judgement::of(size.into_iter().collect())), overlap(described, region)])
}

fn overlap(described: &ClusterDescription, region: &RegionContext<'_>) -> Verdict {
    let vpcs = region.region.vpcs.known()?;
    let found = vpcs.iter().find(|it| Some(&it.vpc_id) == described.vpc_id.as_ref());
    let vpc = found.ok_or_else(|| missing("ec2:DescribeVpcs", "vpcId of the cluster"))?;
    let pairs = described.remote_networks.iter().flat_map(|remote| {
        let same = move |it: &&ipnet::IpNet| it.contains(remote) || remote.contains(*it);
        vpc.cidr_blocks.iter().filter(same).map(move |own| (remote, own))
    });
    Ok(Judgement::of(first(
        pairs.map(|(remote, own)| format!("{remote} overlaps {own} of {}", vpc.vpc_id)),
    )))
}
