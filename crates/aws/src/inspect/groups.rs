//! Security groups as clusters use them, and the interfaces that carry them.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Outcome, Subject, Verdict, any};

use super::{
    Check, RegionContext, each_cluster, items, judge,
    network::{Gaps, Nodes, merge, own_clusters, unknown_clusters, unlisted},
    outcome,
};
use crate::{
    inventory::{
        ec2::{NetworkInterface, SecurityGroup},
        eks::{Cluster, ClusterDescription},
    },
    node_pool::tagged_clusters,
};

/// Groups on control-plane, node and pod interfaces, by id.
#[derive(Debug, Default)]
pub(crate) struct ClusterGroups<'a> {
    pub(crate) groups: BTreeMap<&'a str, Carried<'a>>,
    /// Why a cluster may have more.
    gaps: Gaps,
}

/// Who carries a group.
#[derive(Debug, Default)]
pub(crate) struct Carried<'a> {
    /// Clusters whose control plane, nodes or pods do.
    pub(crate) clusters: BTreeSet<ClusterId>,
    /// Clusters whose nodes do.
    pub(crate) by_nodes: BTreeSet<ClusterId>,
    /// Interfaces of clusters that do.
    pub(crate) interfaces: Vec<&'a NetworkInterface>,
}

pub(super) fn of_clusters(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&SecurityGroup, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    visit(entry, region, check, outcomes, |it| &it.clusters);
}

pub(super) fn of_nodes(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&SecurityGroup, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    visit(entry, region, check, outcomes, |it| &it.by_nodes);
}

fn visit(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&SecurityGroup, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
    clusters: for<'c> fn(&'c Carried<'_>) -> &'c BTreeSet<ClusterId>,
) {
    let found = match region.cluster_groups() {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    for (id, carried) in &found.groups {
        let clusters: Vec<ClusterId> = clusters(carried).iter().cloned().collect();
        if clusters.is_empty() {
            continue;
        }
        let verdict = region.network().group(id).and_then(|it| check(it, region));
        outcomes.push(outcome(entry, subject(region, id), region.scope(clusters), verdict));
    }
    unknown_clusters(entry, region, &found.gaps, outcomes);
}

pub(super) fn of_control_planes(
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
        for id in of_control_plane(described) {
            let verdict = region.network().group(id).and_then(|it| check(it, cluster, region));
            out.push((subject(region, id), verdict));
        }
    });
    merge(outcomes, start);
}

/// The cluster security group and the additional groups of a control plane.
pub(crate) fn of_control_plane(cluster: &ClusterDescription) -> BTreeSet<&str> {
    let additional = cluster.security_group_ids.iter();
    additional.chain(&cluster.cluster_security_group_id).map(String::as_str).collect()
}

/// Interfaces that carry a cluster security group, each with its cluster.
pub(super) fn interfaces(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&NetworkInterface, &Cluster, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let start = outcomes.len();
    let mut carriers: BTreeMap<&str, Vec<&NetworkInterface>> = BTreeMap::new();
    for interface in items(&region.region.network_interfaces) {
        for group in &interface.groups {
            carriers.entry(group).or_default().push(interface);
        }
    }
    each_cluster(entry, region, outcomes, |cluster, out| {
        let whole = || Subject::cluster(&region.cluster_id(&cluster.name));
        let unread = region.region.network_interfaces.gap();
        let described = match cluster.described.known() {
            Err(gap) => return out.push((whole(), Err(gap))),
            Ok(it) if it.connected => return out.push((whole(), judge(cluster, || any([])))),
            Ok(it) => it,
        };
        if let Some(gap) = unread {
            return out.push((whole(), Err(gap.clone())));
        }
        let group = described.cluster_security_group_id.as_deref().unwrap_or_default();
        for interface in carriers.get(group).into_iter().flatten() {
            let resource = format!("network-interface/{}", interface.network_interface_id);
            let verdict = check(interface, cluster, region);
            out.push((Subject::aws(region.arn("ec2", &resource)), verdict));
        }
    });
    merge(outcomes, start);
}

fn subject(region: &RegionContext<'_>, group: &str) -> Subject {
    Subject::aws(region.arn("ec2", &format!("security-group/{group}")))
}

/// Groups on control-plane, node and pod branch interfaces.
pub(super) fn cluster_groups<'a>(
    region: &RegionContext<'a>,
    nodes: &Nodes<'a>,
) -> ClusterGroups<'a> {
    let mut found = ClusterGroups::default();
    let unread = [region.region.instances.gap(), region.region.network_interfaces.gap()];
    for cluster in own_clusters(region) {
        // The description names the cluster security group and the VPC, by which nodes and pods are told.
        let gaps = unread.into_iter().chain([cluster.described.gap()]).flatten();
        let id = region.cluster_id(&cluster.name);
        for gap in gaps {
            found.gaps.entry(id.clone()).or_default().push(gap.clone());
        }
    }
    let names: BTreeSet<&str> = own_clusters(region).map(|it| it.name.as_str()).collect();
    for interface in items(&region.region.network_interfaces) {
        let members = interface.instance_id.as_deref().and_then(|it| nodes.get(it));
        let by_nodes: BTreeSet<ClusterId> =
            members.into_iter().flatten().map(|it| it.cluster.clone()).collect();
        let mut owners = by_nodes.clone();
        let name = control_plane(interface).filter(|it| names.contains(it));
        owners.extend(name.map(|it| region.cluster_id(it)));
        if interface.interface_type == "branch" {
            let pods = own_clusters(region).filter(|it| is_branch(interface, it));
            owners.extend(pods.map(|it| region.cluster_id(&it.name)));
        }
        if owners.is_empty() {
            continue;
        }
        for group in &interface.groups {
            let carried = found.groups.entry(group).or_default();
            carried.clusters.extend(owners.iter().cloned());
            carried.by_nodes.extend(by_nodes.iter().cloned());
            carried.interfaces.push(interface);
        }
    }
    found
}

/// The cluster whose control plane an interface belongs to.
pub(crate) fn control_plane(interface: &NetworkInterface) -> Option<&str> {
    interface.description.strip_prefix("Amazon EKS ")
}

/// A pod's own interface: told by its tags, else by the VPC.
fn is_branch(interface: &NetworkInterface, cluster: &Cluster) -> bool {
    let mut tagged = tagged_clusters(&interface.tags);
    tagged.extend(interface.tags.get("cluster.k8s.amazonaws.com/name").map(String::as_str));
    if !tagged.is_empty() {
        return tagged.contains(cluster.name.as_str());
    }
    let in_vpc = |it: &ClusterDescription| it.vpc_id.as_ref() == Some(&interface.vpc_id);
    cluster.described.known().is_ok_and(in_vpc)
}
