//! Node pools: what an owner edits to change nodes, with the instances that belong to it.

mod membership;
mod roles;

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap, NodePoolKind, Reason, Subject};

pub(crate) use membership::tagged_clusters;
pub use roles::node_roles;

use crate::{
    RegionContext,
    inventory::{
        ec2::{AutoScalingGroup, Instance, LaunchConfiguration, LaunchTemplateVersion},
        eks::{Cluster, LaunchTemplateRef, NodegroupDescription},
    },
};

/// A node pool of a cluster.
#[derive(Clone, Debug)]
pub struct NodePool<'a> {
    /// Its cluster.
    pub cluster: ClusterId,
    /// What kind of pool.
    pub kind: NodePoolKind,
    /// Name.
    pub name: String,
    /// Instances that belong to it, in any state, by id; or why instances could not be read.
    pub instances: Result<Vec<&'a Instance>, Gap>,
    /// Managed node groups only: what EKS tells of it, or why it could not be read.
    pub nodegroup: Option<Result<&'a NodegroupDescription, Gap>>,
    /// The Auto Scaling groups behind it, as far as they were read.
    pub auto_scaling_groups: Vec<&'a AutoScalingGroup>,
}

impl NodePool<'_> {
    /// The canonical subject.
    pub fn subject(&self) -> Subject {
        Subject::node_pool(&self.cluster, self.kind, &self.name)
    }
}

/// The node pools of a Region.
#[derive(Clone, Debug, Default)]
pub struct Pools<'a> {
    /// By cluster, kind and name.
    pub pools: Vec<NodePool<'a>>,
    /// Clusters that may have more pools, or pools with more instances, than are listed, and why.
    pub gaps: BTreeMap<ClusterId, Vec<Gap>>,
}

/// What a pool launches instances from.
#[derive(Clone, Copy, Debug)]
pub enum Launch<'a> {
    /// A launch template at the version in force.
    Template(&'a LaunchTemplateVersion),
    /// A launch configuration.
    Configuration(&'a LaunchConfiguration),
}

/// Every node pool of every cluster of a Region.
///
/// A node group or an Auto Scaling group without instances is a pool too. The gap is that clusters could not be listed.
pub fn pools<'a>(region: &RegionContext<'a>) -> Result<Pools<'a>, Gap> {
    let clusters = region.region.clusters.known()?;
    let mut found = BTreeMap::new();
    let mut gaps: BTreeMap<ClusterId, Vec<Gap>> = BTreeMap::new();
    for cluster in clusters.iter().filter(|it| !is_registered(it)) {
        let id = region.cluster_id(&cluster.name);
        if let Err(gap) = managed(region, cluster, &id, &mut found) {
            gaps.entry(id).or_default().push(gap);
        }
    }
    membership::add_instances(region, clusters, &mut found, &mut gaps);
    membership::add_empty_groups(region, clusters, &mut found, &mut gaps);
    for gaps in gaps.values_mut() {
        gaps.sort();
        gaps.dedup();
    }
    Ok(Pools { pools: found.into_values().collect(), gaps })
}

type Found<'a> = BTreeMap<(ClusterId, NodePoolKind, String), NodePool<'a>>;

/// Connected through the EKS connector: its nodes are not ours to judge.
fn is_registered(cluster: &Cluster) -> bool {
    cluster.described.known().is_ok_and(|it| it.connected)
}

fn managed<'a>(
    region: &RegionContext<'a>,
    cluster: &'a Cluster,
    id: &ClusterId,
    found: &mut Found<'a>,
) -> Result<(), Gap> {
    for nodegroup in cluster.nodegroups.known()? {
        let pool = entry(region, found, id, NodePoolKind::Mng, &nodegroup.name);
        let described = nodegroup.described.known();
        let names = described.as_ref().map(|it| it.auto_scaling_groups.as_slice());
        let names = names.unwrap_or_default();
        let groups = super::inspect::items(&region.region.auto_scaling_groups).iter();
        pool.auto_scaling_groups =
            groups.filter(|it| names.contains(&it.auto_scaling_group_name)).collect();
        pool.nodegroup = Some(described);
    }
    Ok(())
}

/// The pool of that name, new without instances when it is met first.
fn entry<'f, 'a>(
    region: &RegionContext<'a>,
    found: &'f mut Found<'a>,
    cluster: &ClusterId,
    kind: NodePoolKind,
    name: &str,
) -> &'f mut NodePool<'a> {
    let nodegroup = || {
        let listed = region.region.clusters.known().ok()?;
        let cluster = listed.iter().find(|it| it.name == cluster.name())?;
        let gap = cluster.nodegroups.gap().cloned();
        Some(Err(gap.unwrap_or_else(|| missing("eks:ListNodegroups", name))))
    };
    found.entry((cluster.clone(), kind, name.to_owned())).or_insert_with(|| NodePool {
        cluster: cluster.clone(),
        kind,
        name: name.to_owned(),
        instances: region.region.instances.known().map(|_| Vec::new()),
        nodegroup: (kind == NodePoolKind::Mng).then(nodegroup).flatten(),
        auto_scaling_groups: Vec::new(),
    })
}

/// An answer that ought to hold something and does not.
pub(crate) fn missing(call: &str, what: &str) -> Gap {
    let detail = format!("`{what}` is not in the answer");
    Gap { call: call.to_owned(), reason: Reason::Malformed, detail }
}

/// The instances that run; the gap is that instances could not be read.
pub fn running<'a>(pool: &NodePool<'a>) -> Result<Vec<&'a Instance>, Gap> {
    let instances = pool.instances.clone()?;
    Ok(instances.into_iter().filter(|it| it.state == "running").collect())
}

/// Subnets that the pool may use or whose instances stand in, and what could not be read of them.
pub fn candidate_subnets<'a>(pool: &NodePool<'a>) -> (BTreeSet<&'a str>, Vec<Gap>) {
    let (mut subnets, mut gaps) = (BTreeSet::new(), Vec::new());
    match &pool.nodegroup {
        Some(Ok(nodegroup)) => subnets.extend(nodegroup.subnets.iter().map(String::as_str)),
        Some(Err(gap)) => gaps.push(gap.clone()),
        None => {}
    }
    for group in &pool.auto_scaling_groups {
        subnets.extend(group.subnet_ids.iter().map(String::as_str));
    }
    match &pool.instances {
        Ok(instances) => subnets.extend(instances.iter().filter_map(|it| it.subnet_id.as_deref())),
        Err(gap) => gaps.push(gap.clone()),
    }
    (subnets, gaps)
}

/// What the next instances of a pool are launched from.
///
/// The template the node group was given, else what its Auto Scaling group names, `$Default` and `$Latest` resolved.
/// None for pools whose launch settings Kubernetes keeps (Karpenter, Auto Mode) and for lone instances.
pub fn launch<'a>(
    pool: &NodePool<'_>,
    region: &RegionContext<'a>,
) -> Result<Option<Launch<'a>>, Gap> {
    if let Some(nodegroup) = &pool.nodegroup
        && let Some(reference) = &nodegroup.clone()?.launch_template
    {
        return template(reference, region).map(|it| Some(Launch::Template(it)));
    }
    let Some(group) = pool.auto_scaling_groups.first() else {
        let has_group = matches!(pool.kind, NodePoolKind::Mng | NodePoolKind::Asg);
        if has_group {
            region.region.auto_scaling_groups.known()?;
        }
        return Ok(None);
    };
    if let Some(reference) = &group.launch_template {
        return template(reference, region).map(|it| Some(Launch::Template(it)));
    }
    let Some(name) = &group.launch_configuration_name else { return Ok(None) };
    let configurations = region.region.launch_configurations.known()?;
    let found = configurations.iter().find(|it| it.launch_configuration_name == *name);
    let found = found.ok_or_else(|| missing("autoscaling:DescribeLaunchConfigurations", name))?;
    Ok(Some(Launch::Configuration(found)))
}

/// The launch template version in force for a reference.
pub fn template<'a>(
    reference: &LaunchTemplateRef,
    region: &RegionContext<'a>,
) -> Result<&'a LaunchTemplateVersion, Gap> {
    let versions = region.region.launch_template_versions.known()?;
    let same = |it: &&LaunchTemplateVersion| match (&reference.id, &reference.name) {
        (Some(id), _) => it.launch_template_id == *id,
        (None, Some(name)) => it.launch_template_name == *name,
        (None, None) => false,
    };
    let wanted = reference.version.as_deref().unwrap_or("$Default");
    let in_force = |it: &&LaunchTemplateVersion| match wanted {
        "$Default" | "" => it.default_version,
        "$Latest" => it.latest_version,
        number => number.parse() == Ok(it.version_number),
    };
    versions.iter().filter(same).find(in_force).ok_or_else(|| {
        let template = reference.id.as_deref().or(reference.name.as_deref()).unwrap_or_default();
        missing("ec2:DescribeLaunchTemplateVersions", &format!("{template} version {wanted}"))
    })
}

#[cfg(test)]
mod tests;
