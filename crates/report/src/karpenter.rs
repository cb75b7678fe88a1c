//! Objects of Karpenter and Auto Mode: which pools there are, and what their next nodes are made from.

use eksray_aws::{RegionContext, inventory::ec2::Subnet, node_pool::NodePool};
use eksray_kube::inventory::{Kube, cluster::CustomObject};
use eksray_rule::{ClusterId, Gap, NodePoolKind};
use serde_json::Value;

use crate::world::{AwsView, ClusterView};

/// Adds the pools that have no instance at the moment: only their objects tell of them.
pub(crate) fn add_pools(cluster: &ClusterId, aws: &mut AwsView<'_>, kube: &Result<&Kube, Gap>) {
    let listed = match kube.clone().and_then(|it| it.karpenter.known()) {
        Ok(listed) => listed,
        Err(gap) => return aws.pool_gaps.push(gap),
    };
    for object in listed.iter().filter(|it| is_pool(it)) {
        let (kind, name) = (kind(object), &object.metadata.name);
        if !aws.pools.iter().any(|it| it.kind == kind && it.name == *name) {
            aws.pools.push(NodePool {
                cluster: cluster.clone(),
                kind,
                name: name.clone(),
                instances: aws.region.region.instances.known().map(|_| Vec::new()),
                nodegroup: None,
                auto_scaling_groups: Vec::new(),
            });
        }
    }
    aws.pools.sort_by_key(|it| (it.kind, it.name.clone()));
}

/// The `EC2NodeClass` or `NodeClass` that a pool names; none for pools that Karpenter does not keep.
///
/// The gap is that its objects could not be listed.
pub fn node_class<'a>(
    pool: &NodePool<'_>,
    view: &ClusterView<'a>,
) -> Result<Option<&'a CustomObject>, Gap> {
    if !matches!(pool.kind, NodePoolKind::Karpenter | NodePoolKind::Auto) {
        return Ok(None);
    }
    let listed = view.kube.clone()?.karpenter.known()?;
    let own = |it: &&CustomObject| is_pool(it) && it.metadata.name == pool.name;
    let Some(object) = listed.iter().find(own) else { return Ok(None) };
    let reference = class_of(object);
    let is_class = |it: &&CustomObject| {
        it.kind == reference["kind"] && it.metadata.name.as_str() == reference["name"]
    };
    Ok(listed.iter().find(is_class))
}

/// Subnets that `subnetSelectorTerms` of a class select: any term, of which an id or every tag must match.
pub fn selected_subnets<'a>(
    class: &CustomObject,
    region: &RegionContext<'a>,
) -> Result<Vec<&'a Subnet>, Gap> {
    let terms = class.spec["subnetSelectorTerms"].as_array().map(Vec::as_slice).unwrap_or_default();
    let subnets = region.region.subnets.known()?.iter();
    Ok(subnets.filter(|subnet| terms.iter().any(|it| selects(it, subnet))).collect())
}

fn selects(term: &Value, subnet: &Subnet) -> bool {
    if let Some(id) = term["id"].as_str() {
        return id == subnet.subnet_id;
    }
    let Some(tags) = term["tags"].as_object() else { return false };
    !tags.is_empty()
        && tags.iter().all(|(key, value)| {
            subnet.tags.get(key).is_some_and(|own| value == "*" || value == own.as_str())
        })
}

fn is_pool(object: &CustomObject) -> bool {
    object.kind == "NodePool" && object.api_version.starts_with("karpenter.sh/")
}

fn class_of(pool: &CustomObject) -> &Value {
    &pool.spec["template"]["spec"]["nodeClassRef"]
}

/// Pools of Auto Mode name a class of EKS; older versions name its `apiVersion` in place of its group.
fn kind(pool: &CustomObject) -> NodePoolKind {
    let reference = class_of(pool);
    let group = reference["group"].as_str().or(reference["apiVersion"].as_str());
    if group.is_some_and(|it| it.starts_with("eks.amazonaws.com")) {
        NodePoolKind::Auto
    } else {
        NodePoolKind::Karpenter
    }
}
