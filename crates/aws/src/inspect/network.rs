//! Subjects of the network: node pools, groups and subnets.
//!
//! What several clusters share is one subject with all of them in its scope. What could not be listed is one
//! unknown outcome on the cluster, or on the Region where the clusters themselves were not listed.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Gap, Outcome, Subject, Verdict, any};

use super::{Check, RegionContext, each_cluster, items, judge, outcome};
use crate::{
    cidr::{Addresses, union},
    inventory::{
        ec2::{NetworkInterface, SecurityGroup, Subnet},
        eks::{Cluster, ClusterDescription},
    },
    node_pool::{NodePool, Pools, candidate_subnets, missing, pools, tagged_clusters},
};

/// Clusters that share a resource, by its id.
pub(super) type Shared<'a> = BTreeMap<&'a str, BTreeSet<ClusterId>>;

/// Why a cluster may have more of something than is listed.
pub(super) type Gaps = BTreeMap<ClusterId, Vec<Gap>>;

pub(super) fn node_pools(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&NodePool<'_>, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some(Pools { pools, gaps }) = listed(entry, region, outcomes) else { return };
    for pool in pools {
        let scope = region.scope(vec![pool.cluster.clone()]);
        outcomes.push(outcome(entry, pool.subject(), scope, check(&pool, region)));
    }
    unknown_clusters(entry, region, gaps, outcomes);
}

pub(super) fn cluster_groups(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&SecurityGroup, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some(pools) = listed(entry, region, outcomes) else { return };
    let (attached, gaps) = attached_groups(region, &pools);
    for (id, clusters) in attached {
        let verdict = group(region, id).and_then(|it| check(it, region));
        let subject = Subject::aws(region.arn("ec2", &format!("security-group/{id}")));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, verdict));
    }
    unknown_clusters(entry, region, gaps, outcomes);
}

pub(super) fn control_plane_groups(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&SecurityGroup, &Cluster, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let start = outcomes.len();
    each_cluster(entry, region, outcomes, |cluster, out| {
        let described = match cluster.described.known() {
            Ok(it) if !it.connected => it,
            _ => {
                let unread = || cluster.described.known().and_then(|_| any([]));
                let id = region.cluster_id(&cluster.name);
                return out.push((Subject::cluster(&id), judge(cluster, unread)));
            }
        };
        let ids: BTreeSet<&String> = described
            .cluster_security_group_id
            .iter()
            .chain(&described.security_group_ids)
            .collect();
        for id in ids {
            let verdict = group(region, id).and_then(|it| check(it, cluster, region));
            let subject = Subject::aws(region.arn("ec2", &format!("security-group/{id}")));
            out.push((subject, verdict));
        }
    });
    merge(outcomes, start);
}

pub(super) fn cluster_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some(pools) = listed(entry, region, outcomes) else { return };
    let (mut shared, mut gaps) = subnets_of_nodes(region, &pools);
    for cluster in items(&region.region.clusters) {
        let id = region.cluster_id(&cluster.name);
        match cluster.described.known() {
            Err(gap) => gaps.entry(id).or_default().push(gap),
            Ok(it) => add(&mut shared, it.subnet_ids.iter().map(String::as_str), &id),
        }
    }
    visit_subnets(entry, region, check, shared, outcomes);
    unknown_clusters(entry, region, gaps, outcomes);
}

pub(super) fn node_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some(pools) = listed(entry, region, outcomes) else { return };
    let (shared, gaps) = subnets_of_nodes(region, &pools);
    visit_subnets(entry, region, check, shared, outcomes);
    unknown_clusters(entry, region, gaps, outcomes);
}

/// The pools of a Region; where clusters cannot be listed, one outcome for the Region says so.
pub(super) fn listed<'a>(
    entry: &Entry<Check>,
    region: &RegionContext<'a>,
    outcomes: &mut Vec<Outcome>,
) -> Option<Pools<'a>> {
    let gap = match pools(region) {
        Ok(pools) => return Some(pools),
        Err(gap) => gap,
    };
    outcomes.push(outcome(entry, region.subject(), region.scope(Vec::new()), Err(gap)));
    None
}

pub(super) fn unknown_clusters(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    gaps: Gaps,
    outcomes: &mut Vec<Outcome>,
) {
    for (id, gaps) in gaps {
        let verdict = any(gaps.into_iter().map(Err));
        outcomes.push(outcome(entry, Subject::cluster(&id), region.scope(vec![id]), verdict));
    }
}

/// Joins outcomes on one subject, so that what clusters share is judged once.
pub(super) fn merge(outcomes: &mut Vec<Outcome>, start: usize) {
    let mut merged: BTreeMap<Subject, (Outcome, Vec<Verdict>)> = BTreeMap::new();
    for outcome in outcomes.drain(start..) {
        let verdict = outcome.verdict.clone();
        match merged.get_mut(&outcome.subject) {
            Some((first, verdicts)) => {
                first.scope.clusters.extend(outcome.scope.clusters);
                verdicts.push(verdict);
            }
            None => {
                merged.insert(outcome.subject.clone(), (outcome, vec![verdict]));
            }
        }
    }
    outcomes.extend(merged.into_values().map(|(mut outcome, mut verdicts)| {
        outcome.scope.clusters.sort();
        outcome.scope.clusters.dedup();
        outcome.verdict = match verdicts.len() {
            1 => verdicts.remove(0),
            _ => any(verdicts),
        };
        outcome
    }));
}

fn group<'a>(region: &RegionContext<'a>, id: &str) -> Result<&'a SecurityGroup, Gap> {
    let groups = region.region.security_groups.known()?;
    let found = groups.iter().find(|it| it.group_id == id);
    found.ok_or_else(|| missing("ec2:DescribeSecurityGroups", id))
}

/// Groups on control-plane, node and pod branch interfaces.
fn attached_groups<'a>(region: &RegionContext<'a>, pools: &Pools<'a>) -> (Shared<'a>, Gaps) {
    let (mut attached, mut gaps) = (Shared::new(), Gaps::new());
    let nodes = nodes(pools);
    let unread = [region.region.instances.gap(), region.region.network_interfaces.gap()];
    for gap in unread.into_iter().flatten() {
        for cluster in own_clusters(region) {
            gaps.entry(region.cluster_id(&cluster.name)).or_default().push(gap.clone());
        }
    }
    for interface in items(&region.region.network_interfaces) {
        let mut owners = nodes_owners(&nodes, interface);
        for cluster in own_clusters(region) {
            if is_control_plane(interface, &cluster.name) || is_branch(interface, cluster) {
                owners.insert(region.cluster_id(&cluster.name));
            }
        }
        for owner in owners {
            add(&mut attached, interface.groups.iter().map(String::as_str), &owner);
        }
    }
    (attached, gaps)
}

pub(super) fn own_clusters<'a>(region: &RegionContext<'a>) -> impl Iterator<Item = &'a Cluster> {
    let registered = |it: &&Cluster| it.described.known().is_ok_and(|it| it.connected);
    items(&region.region.clusters).iter().filter(move |it| !registered(it))
}

fn is_control_plane(interface: &NetworkInterface, cluster: &str) -> bool {
    interface.description.strip_prefix("Amazon EKS ") == Some(cluster)
}

/// A pod's own interface: told by its tags, else by the VPC.
fn is_branch(interface: &NetworkInterface, cluster: &Cluster) -> bool {
    if interface.interface_type != "branch" {
        return false;
    }
    let mut tagged = tagged_clusters(&interface.tags);
    tagged.extend(interface.tags.get("cluster.k8s.amazonaws.com/name").map(String::as_str));
    if !tagged.is_empty() {
        return tagged.contains(cluster.name.as_str());
    }
    let in_vpc = |it: &ClusterDescription| it.vpc_id.as_ref() == Some(&interface.vpc_id);
    cluster.described.known().is_ok_and(in_vpc)
}

/// Clusters of each instance.
fn nodes<'a>(pools: &Pools<'a>) -> Shared<'a> {
    let mut nodes = Shared::new();
    for pool in &pools.pools {
        let instances = pool.instances.as_ref().map(Vec::as_slice).unwrap_or_default();
        add(&mut nodes, instances.iter().map(|it| it.instance_id.as_str()), &pool.cluster);
    }
    nodes
}

fn nodes_owners(nodes: &Shared<'_>, interface: &NetworkInterface) -> BTreeSet<ClusterId> {
    let instance = interface.instance_id.as_deref();
    instance.and_then(|it| nodes.get(it)).cloned().unwrap_or_default()
}

pub(super) fn add<'a>(
    shared: &mut Shared<'a>,
    ids: impl Iterator<Item = &'a str>,
    cluster: &ClusterId,
) {
    for id in ids {
        shared.entry(id).or_default().insert(cluster.clone());
    }
}

/// Subnets that pools may use, and those that hold interfaces of nodes.
pub(super) fn subnets_of_nodes<'a>(
    region: &RegionContext<'a>,
    pools: &Pools<'a>,
) -> (Shared<'a>, Gaps) {
    let (mut shared, mut gaps) = (Shared::new(), pools.gaps.clone());
    for pool in &pools.pools {
        let (subnets, unread) = candidate_subnets(pool);
        add(&mut shared, subnets.into_iter(), &pool.cluster);
        if !unread.is_empty() {
            gaps.entry(pool.cluster.clone()).or_default().extend(unread);
        }
    }
    let nodes = nodes(pools);
    match region.region.network_interfaces.known() {
        Ok(interfaces) => {
            for interface in interfaces {
                for owner in nodes_owners(&nodes, interface) {
                    add(&mut shared, [interface.subnet_id.as_str()].into_iter(), &owner);
                }
            }
        }
        Err(gap) => {
            for owner in nodes.into_values().flatten().collect::<BTreeSet<_>>() {
                gaps.entry(owner).or_default().push(gap.clone());
            }
        }
    }
    (shared, gaps)
}

fn visit_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    shared: Shared<'_>,
    outcomes: &mut Vec<Outcome>,
) {
    for (id, clusters) in shared {
        let found = region.region.subnets.known().and_then(|subnets| {
            let found = subnets.iter().find(|it| it.subnet_id == id);
            found.ok_or_else(|| missing("ec2:DescribeSubnets", id))
        });
        let verdict = found.and_then(|it| check(it, region));
        let subject = Subject::aws(region.arn("ec2", &format!("subnet/{id}")));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, verdict));
    }
}

/// Networks of the clusters whose nodes may stand in a subnet.
#[derive(Debug, Default)]
pub(crate) struct OwnRanges {
    /// Subnets of control plane, nodes and pods, and hybrid networks.
    pub(crate) ranges: Addresses,
    /// What else of control plane and nodes may belong to them.
    pub(crate) gaps: Vec<Gap>,
    /// Fargate profiles that could not be read.
    pub(crate) excuses: Vec<Gap>,
}

/// The networks of the clusters whose nodes may stand in a subnet.
pub(crate) fn own_ranges(region: &RegionContext<'_>, subnet: &str) -> OwnRanges {
    let pools = match pools(region) {
        Ok(pools) => pools,
        Err(gap) => return OwnRanges { gaps: vec![gap], ..OwnRanges::default() },
    };
    let mut excuses = Vec::new();
    let (shared, mut gaps_of) = subnets_of_nodes(region, &pools);
    let owners = shared.get(subnet).cloned().unwrap_or_default();
    let mut ids: BTreeSet<&str> =
        shared.iter().filter(|it| !it.1.is_disjoint(&owners)).map(|it| *it.0).collect();
    let (mut ranges, mut gaps) = (Vec::new(), Vec::new());
    for cluster in items(&region.region.clusters) {
        let id = region.cluster_id(&cluster.name);
        if !owners.contains(&id) {
            continue;
        }
        gaps.extend(gaps_of.remove(&id).unwrap_or_default());
        match cluster.described.known() {
            Err(gap) => gaps.push(gap),
            Ok(it) => {
                ids.extend(it.subnet_ids.iter().map(String::as_str));
                ranges.extend(&it.remote_networks);
            }
        }
        // Fargate pods stand in subnets of their own.
        excuses.extend(cluster.fargate_profiles.gap().cloned());
        for profile in items(&cluster.fargate_profiles) {
            match profile.described.known() {
                Ok(it) => ids.extend(it.subnets.iter().map(String::as_str)),
                Err(gap) => excuses.push(gap),
            }
        }
    }
    for subnet in items(&region.region.subnets) {
        if ids.contains(subnet.subnet_id.as_str()) {
            ranges.extend(subnet.cidr_block.iter().chain(&subnet.ipv6_cidr_blocks));
        }
    }
    OwnRanges { ranges: union(ranges), gaps, excuses }
}

#[cfg(test)]
mod tests {
    use eksray_rule::Settings;

    use crate::{AccountContext, inspect, inventory::Account};

    #[test]
    fn what_clusters_share_is_one_subject_with_all_of_them() {
        let account: Account = serde_json::from_str(
            r#"{ "id": "1", "partition": "aws", "regions": { "r": {
                "clusters": [
                    { "name": "a", "nodegroups": [], "described": { "endpointPrivateAccess": true, "subnetIds": ["s"], "securityGroupIds": ["sg"] } },
                    { "name": "b", "nodegroups": [], "described": { "endpointPrivateAccess": true, "subnetIds": ["s"], "securityGroupIds": ["sg"] } }
                ],
                "instances": [], "autoScalingGroups": [], "prefixLists": [], "networkAcls": [],
                "subnets": [ { "subnetId": "s" } ], "routeTables": [],
                "securityGroups": [ { "groupId": "sg" } ],
                "networkInterfaces": [
                    { "description": "Amazon EKS a", "groups": ["sg"] },
                    { "description": "Amazon EKS b", "groups": ["sg"] }
                ] } } }"#,
        )
        .unwrap();
        let settings = Settings::default();
        let now = "2026-11-24T00:00:00Z".parse().unwrap();
        let context =
            AccountContext { account: &account, settings: &settings, now, narrowed: false };
        let outcomes = inspect(&context);
        for rule in
            ["sg-internet-critical-ports", "sg-cluster-extra-ingress", "nacl-open-to-internet"]
        {
            let scopes: Vec<usize> = outcomes
                .iter()
                .filter(|it| it.rule.id == rule)
                .map(|it| it.scope.clusters.len())
                .collect();
            assert_eq!(scopes, [2], "{rule}");
        }
    }
}
