//! Which pool of which cluster an instance belongs to.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap, NodePoolKind};

use super::{Found, entry, is_registered};
use crate::{
    RegionContext,
    inspect::items,
    inventory::{
        Tags,
        ec2::{AutoScalingGroup, Instance},
        eks::Cluster,
    },
};

/// Tags whose value names the cluster: node groups, EKS itself, Karpenter and Auto Mode, older Karpenter.
const CLUSTER_TAGS: [&str; 4] =
    ["eks:cluster-name", "aws:eks:cluster-name", "eks:eks-cluster-name", "karpenter.sh/managed-by"];

/// Names of clusters that tags tell of, `kubernetes.io/cluster/<name>` with any value included.
pub(crate) fn tagged_clusters(tags: &Tags) -> BTreeSet<&str> {
    let named = CLUSTER_TAGS.iter().filter_map(|it| tags.get(*it)).map(String::as_str);
    named.chain(tags.keys().filter_map(|it| it.strip_prefix("kubernetes.io/cluster/"))).collect()
}

/// Adds every instance to its pools.
pub(super) fn add_instances<'a>(
    region: &RegionContext<'a>,
    clusters: &'a [Cluster],
    found: &mut Found<'a>,
    gaps: &mut BTreeMap<ClusterId, Vec<Gap>>,
) {
    if let Some(gap) = region.region.instances.gap() {
        for cluster in clusters.iter().filter(|it| !is_registered(it)) {
            gaps.entry(region.cluster_id(&cluster.name)).or_default().push(gap.clone());
        }
        return;
    }
    let scaling = scaling_groups(region);
    let carried = carried_groups(region);
    let names: BTreeSet<&str> =
        clusters.iter().filter(|it| !is_registered(it)).map(|it| it.name.as_str()).collect();
    for instance in items(&region.region.instances) {
        let group = instance.tags.get("aws:autoscaling:groupName").map(String::as_str);
        let group = group.and_then(|it| scaling.by_name.get(it));
        let group = group.or_else(|| scaling.by_member.get(instance.instance_id.as_str())).copied();
        let mut owners = tagged_clusters(&instance.tags);
        owners.extend(group.map(|it| tagged_clusters(&it.tags)).unwrap_or_default());
        owners.retain(|it| names.contains(it));
        if owners.is_empty() {
            owners = by_cluster_group(region, clusters, instance, &carried, gaps);
        }
        for owner in owners {
            let (kind, name) = pool_of(instance, group);
            let pool = entry(region, found, &region.cluster_id(owner), kind, name);
            if let Ok(instances) = &mut pool.instances {
                instances.push(instance);
            }
            pool.auto_scaling_groups.extend(group);
        }
    }
    for pool in found.values_mut() {
        pool.auto_scaling_groups
            .sort_by(|a, b| a.auto_scaling_group_name.cmp(&b.auto_scaling_group_name));
        pool.auto_scaling_groups.dedup();
        if let Ok(instances) = &mut pool.instances {
            instances.sort_by(|a, b| a.instance_id.cmp(&b.instance_id));
        }
    }
}

/// Adds Auto Scaling groups of self-managed nodes that have no instance at the moment.
pub(super) fn add_empty_groups<'a>(
    region: &RegionContext<'a>,
    clusters: &'a [Cluster],
    found: &mut Found<'a>,
    gaps: &mut BTreeMap<ClusterId, Vec<Gap>>,
) {
    let own = clusters.iter().filter(|it| !is_registered(it));
    if let Some(gap) = region.region.auto_scaling_groups.gap() {
        for cluster in own {
            gaps.entry(region.cluster_id(&cluster.name)).or_default().push(gap.clone());
        }
        return;
    }
    let names: BTreeSet<&str> = own.map(|it| it.name.as_str()).collect();
    let managed: BTreeSet<&str> = found
        .values()
        .filter(|it| it.kind == NodePoolKind::Mng)
        .flat_map(|it| &it.auto_scaling_groups)
        .map(|it| it.auto_scaling_group_name.as_str())
        .collect();
    for group in items(&region.region.auto_scaling_groups) {
        if managed.contains(group.auto_scaling_group_name.as_str()) {
            continue;
        }
        let (kind, name) = match group.tags.get("eks:nodegroup-name") {
            Some(name) => (NodePoolKind::Mng, name.as_str()),
            None => (NodePoolKind::Asg, group.auto_scaling_group_name.as_str()),
        };
        for owner in tagged_clusters(&group.tags).intersection(&names) {
            let pool = entry(region, found, &region.cluster_id(owner), kind, name);
            if !pool.auto_scaling_groups.contains(&group) {
                pool.auto_scaling_groups.push(group);
            }
        }
    }
}

struct ScalingGroups<'a> {
    by_name: BTreeMap<&'a str, &'a AutoScalingGroup>,
    by_member: BTreeMap<&'a str, &'a AutoScalingGroup>,
}

fn scaling_groups<'a>(region: &RegionContext<'a>) -> ScalingGroups<'a> {
    let (mut by_name, mut by_member) = (BTreeMap::new(), BTreeMap::new());
    for group in items(&region.region.auto_scaling_groups) {
        by_name.insert(group.auto_scaling_group_name.as_str(), group);
        by_member.extend(group.instance_ids.iter().map(|it| (it.as_str(), group)));
    }
    ScalingGroups { by_name, by_member }
}

/// Security groups that the interfaces of an instance carry, by instance.
type Carried<'a> = Result<BTreeMap<&'a str, BTreeSet<&'a str>>, Gap>;

fn carried_groups<'a>(region: &RegionContext<'a>) -> Carried<'a> {
    let mut carried: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for interface in region.region.network_interfaces.known()? {
        if let Some(instance) = &interface.instance_id {
            let groups = interface.groups.iter().map(String::as_str);
            carried.entry(instance).or_default().extend(groups);
        }
    }
    Ok(carried)
}

/// Clusters whose cluster security group an untagged instance carries; a doubt counts only in the cluster's VPC.
fn by_cluster_group<'a>(
    region: &RegionContext<'a>,
    clusters: &'a [Cluster],
    instance: &Instance,
    carried: &Carried<'_>,
    gaps: &mut BTreeMap<ClusterId, Vec<Gap>>,
) -> BTreeSet<&'a str> {
    let mut owners = BTreeSet::new();
    for cluster in clusters.iter().filter(|it| !is_registered(it)) {
        let id = || region.cluster_id(&cluster.name);
        let described = match cluster.described.known() {
            Ok(it) => it,
            Err(gap) => {
                gaps.entry(id()).or_default().push(gap);
                continue;
            }
        };
        let (Some(group), vpc) = (&described.cluster_security_group_id, &described.vpc_id) else {
            continue;
        };
        if vpc.is_some() && instance.vpc_id.is_some() && *vpc != instance.vpc_id {
            continue;
        }
        match carried {
            Err(gap) => gaps.entry(id()).or_default().push(gap.clone()),
            Ok(carried) => {
                let groups = carried.get(instance.instance_id.as_str());
                if groups.is_some_and(|it| it.contains(group.as_str())) {
                    owners.insert(cluster.name.as_str());
                }
            }
        }
    }
    owners
}

fn pool_of<'a>(
    instance: &'a Instance,
    group: Option<&'a AutoScalingGroup>,
) -> (NodePoolKind, &'a str) {
    let tag = |it: &str| {
        let of_group = group.and_then(|group| group.tags.get(it));
        instance.tags.get(it).or(of_group).map(String::as_str)
    };
    if let Some(name) = tag("eks:nodegroup-name") {
        return (NodePoolKind::Mng, name);
    }
    let karpenter = tag("karpenter.sh/nodepool").or_else(|| tag("karpenter.sh/provisioner-name"));
    let auto = tag("eks:kubernetes-node-pool-name");
    if auto.is_some() || instance.managed_by_eks {
        return (NodePoolKind::Auto, auto.or(karpenter).unwrap_or(&instance.instance_id));
    }
    if let Some(name) = karpenter {
        return (NodePoolKind::Karpenter, name);
    }
    let group = group.map(|it| it.auto_scaling_group_name.as_str());
    match tag("aws:autoscaling:groupName").or(group) {
        Some(name) => (NodePoolKind::Asg, name),
        None => (NodePoolKind::Instance, &instance.instance_id),
    }
}
