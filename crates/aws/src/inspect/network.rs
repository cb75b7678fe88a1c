//! Subjects of the network: node pools and subnets.
//!
//! What several clusters share is one subject with all of them in its scope. What could not be listed is one
//! unknown outcome on the cluster, or on the Region where the clusters themselves were not listed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use eksray_rule::{ClusterId, Entry, Gap, NodePoolKind, Outcome, Subject, Verdict, any};

use super::{Check, RegionContext, each_cluster, items, judge, outcome};
use crate::{
    cidr::{Addresses, union},
    inventory::{
        ec2::{Instance, Subnet},
        eks::Cluster,
    },
    node_pool::{NodePool, Pools, candidate_subnets},
};

/// Clusters that share a resource, by its id.
pub(super) type Shared<'a> = BTreeMap<&'a str, BTreeSet<ClusterId>>;

/// Why a cluster may have more of something than is listed.
pub(super) type Gaps = BTreeMap<ClusterId, Vec<Gap>>;

/// Subnets that pools may use, and those that hold interfaces of nodes, by id.
#[derive(Debug, Default)]
pub(crate) struct NodeSubnets<'a> {
    pub(crate) subnets: BTreeMap<&'a str, NodeSubnet>,
    /// Why a cluster may have more.
    pub(crate) gaps: Gaps,
}

/// Who puts nodes into a subnet.
#[derive(Debug, Default)]
pub(crate) struct NodeSubnet {
    pub(crate) clusters: BTreeSet<ClusterId>,
    /// The node pools that may use it or have an interface there.
    pub(crate) pools: BTreeSet<String>,
}

pub(super) fn node_pools(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&NodePool<'_>, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let found = match region.pools() {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    for pool in &found.pools {
        let scope = region.scope(vec![pool.cluster.clone()]);
        outcomes.push(outcome(entry, pool.subject(), scope, check(pool, region)));
    }
    unknown_clusters(entry, region, &found.gaps, outcomes);
}

pub(super) fn cluster_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let found = match region.node_subnets() {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    let (mut shared, mut gaps) = (found.shared(), found.gaps.clone());
    for cluster in items(&region.region.clusters) {
        let id = region.cluster_id(&cluster.name);
        match cluster.described.known() {
            Err(gap) => gaps.entry(id).or_default().push(gap),
            Ok(it) => add(&mut shared, it.subnet_ids.iter().map(String::as_str), &id),
        }
    }
    visit_subnets(entry, region, check, shared, outcomes);
    unknown_clusters(entry, region, &gaps, outcomes);
}

pub(super) fn subnets_of_nodes(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let found = match region.node_subnets() {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    visit_subnets(entry, region, check, found.shared(), outcomes);
    unknown_clusters(entry, region, &found.gaps, outcomes);
}

pub(super) fn control_plane_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&str, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let start = outcomes.len();
    each_cluster(entry, region, outcomes, |cluster, out| match cluster.described.known() {
        Ok(it) if !it.connected => out.extend(it.subnet_ids.iter().map(|id| {
            let subject = Subject::aws(region.arn("ec2", &format!("subnet/{id}")));
            (subject, check(id, region))
        })),
        described => {
            let unread = || described.and_then(|_| any([]));
            let id = region.cluster_id(&cluster.name);
            out.push((Subject::cluster(&id), judge(cluster, unread)));
        }
    });
    merge(outcomes, start);
}

/// Clusters cannot be listed: one outcome for the Region says so.
pub(super) fn unlisted(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    gap: Gap,
    outcomes: &mut Vec<Outcome>,
) {
    outcomes.push(outcome(entry, region.subject(), region.scope(Vec::new()), Err(gap)));
}

pub(super) fn unknown_clusters(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    gaps: &Gaps,
    outcomes: &mut Vec<Outcome>,
) {
    for (id, gaps) in gaps {
        let verdict = any(gaps.iter().cloned().map(Err));
        let scope = region.scope(vec![id.clone()]);
        outcomes.push(outcome(entry, Subject::cluster(id), scope, verdict));
    }
}

/// Joins outcomes on one subject, so that what clusters share is judged once.
pub(super) fn merge(outcomes: &mut Vec<Outcome>, start: usize) {
    let mut merged: BTreeMap<Subject, (Outcome, Vec<Verdict>)> = BTreeMap::new();
    for outcome in outcomes.drain(start..) {
        let verdict = outcome.verdict.clone();
        match merged.get_mut(&outcome.subject) {
            Some((first, verdicts)) => {
                let more = outcome.scope.clusters.iter().cloned();
                Arc::make_mut(&mut first.scope).clusters.extend(more);
                verdicts.push(verdict);
            }
            None => {
                merged.insert(outcome.subject.clone(), (outcome, vec![verdict]));
            }
        }
    }
    outcomes.extend(merged.into_values().map(|(mut outcome, mut verdicts)| {
        let clusters = &mut Arc::make_mut(&mut outcome.scope).clusters;
        clusters.sort();
        clusters.dedup();
        outcome.verdict = match verdicts.len() {
            1 => verdicts.remove(0),
            _ => any(verdicts),
        };
        outcome
    }));
}

pub(super) fn own_clusters<'a>(region: &RegionContext<'a>) -> impl Iterator<Item = &'a Cluster> {
    let registered = |it: &&Cluster| it.described.known().is_ok_and(|it| it.connected);
    items(&region.region.clusters).iter().filter(move |it| !registered(it))
}

/// Instances of node pools, by id.
pub(crate) type Nodes<'a> = BTreeMap<&'a str, Vec<Node<'a>>>;

/// An instance as a pool holds it.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) cluster: ClusterId,
    pub(crate) kind: NodePoolKind,
    pub(crate) instance: &'a Instance,
}

pub(super) fn nodes<'a>(pools: &Pools<'a>) -> Nodes<'a> {
    let mut nodes = Nodes::new();
    for pool in &pools.pools {
        for instance in pool.instances.iter().flatten() {
            let node = Node { cluster: pool.cluster.clone(), kind: pool.kind, instance };
            nodes.entry(&instance.instance_id).or_default().push(node);
        }
    }
    nodes
}

fn add<'a>(shared: &mut Shared<'a>, ids: impl Iterator<Item = &'a str>, cluster: &ClusterId) {
    for id in ids {
        shared.entry(id).or_default().insert(cluster.clone());
    }
}

impl<'a> NodeSubnets<'a> {
    fn add(&mut self, subnet: &'a str, pool: &NodePool<'_>) {
        let found = self.subnets.entry(subnet).or_default();
        found.clusters.insert(pool.cluster.clone());
        let name = format!("{} of {}", pool.subject().short(), pool.cluster.name());
        found.pools.insert(name);
    }

    fn shared(&self) -> Shared<'a> {
        self.subnets.iter().map(|(id, it)| (*id, it.clusters.clone())).collect()
    }
}

pub(super) fn node_subnets<'a>(region: &RegionContext<'a>, pools: &Pools<'a>) -> NodeSubnets<'a> {
    let mut found = NodeSubnets { gaps: pools.gaps.clone(), ..NodeSubnets::default() };
    let mut by_instance: BTreeMap<&str, Vec<&NodePool<'_>>> = BTreeMap::new();
    for pool in &pools.pools {
        let (subnets, unread) = candidate_subnets(pool);
        for subnet in subnets {
            found.add(subnet, pool);
        }
        if !unread.is_empty() {
            found.gaps.entry(pool.cluster.clone()).or_default().extend(unread);
        }
        for instance in pool.instances.iter().flatten() {
            by_instance.entry(&instance.instance_id).or_default().push(pool);
        }
    }
    let interfaces = match region.region.network_interfaces.known() {
        Ok(interfaces) => interfaces,
        Err(gap) => {
            let owners = by_instance.into_values().flatten().map(|it| it.cluster.clone());
            for owner in owners.collect::<BTreeSet<_>>() {
                found.gaps.entry(owner).or_default().push(gap.clone());
            }
            return found;
        }
    };
    for interface in interfaces {
        let pools = interface.instance_id.as_deref().and_then(|it| by_instance.get(it));
        for pool in pools.into_iter().flatten() {
            found.add(&interface.subnet_id, pool);
        }
    }
    found
}

fn visit_subnets(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    shared: Shared<'_>,
    outcomes: &mut Vec<Outcome>,
) {
    for (id, clusters) in shared {
        let verdict = region.network().subnet(id).and_then(|it| check(it, region));
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
    let found = match region.node_subnets() {
        Ok(found) => found,
        Err(gap) => return OwnRanges { gaps: vec![gap], ..OwnRanges::default() },
    };
    let nobody = BTreeSet::new();
    let owners = found.subnets.get(subnet).map_or(&nobody, |it| &it.clusters);
    let shared = found.subnets.iter().filter(|it| !it.1.clusters.is_disjoint(owners));
    let mut ids: BTreeSet<&str> = shared.map(|it| *it.0).collect();
    let (mut ranges, mut gaps, mut excuses) = (Vec::new(), Vec::new(), Vec::new());
    for cluster in items(&region.region.clusters) {
        let id = region.cluster_id(&cluster.name);
        if !owners.contains(&id) {
            continue;
        }
        gaps.extend(found.gaps.get(&id).into_iter().flatten().cloned());
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
