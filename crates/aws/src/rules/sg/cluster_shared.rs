use eksray_rule::{Judgement, NodePoolKind, Part, Severity, Verdict};

use super::shared::fargate_pod;
use crate::{
    Check, RegionContext, Rule,
    inspect::groups::control_plane,
    inventory::{ec2::NetworkInterface, eks::Cluster},
    node_pool::tagged_clusters,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1), Part::SecurityGroups],
    cis: &[],
    check: Check::ClusterInterface(check),
};

fn check(it: &NetworkInterface, cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    if it.status == "available" {
        return Ok(Judgement::not_applicable("not attached to anything"));
    }
    let name = cluster.name.as_str();
    let is_own = matches!(it.interface_type.as_str(), "branch" | "vpc_endpoint");
    if is_own || control_plane(it) == Some(name) {
        return Ok(Judgement::pass());
    }
    let group = cluster.described.known()?.cluster_security_group_id.as_deref().unwrap_or_default();
    let mut facts = vec![format!("carries {group}, the cluster security group of {name}")];
    let (mut possible, mut not_considered) = (false, Vec::new());
    if let Some(id) = &it.instance_id {
        region.region.instances.known()?;
        let own = region.cluster_id(name);
        let nodes = region.nodes()?;
        match nodes.get(id.as_str()).into_iter().flatten().find(|it| it.cluster == own) {
            Some(it) if it.kind != NodePoolKind::Instance => return Ok(Judgement::pass()),
            Some(it) if tagged_clusters(&it.instance.tags).contains(name) => {
                return Ok(Judgement::pass());
            }
            // Only the group itself makes it look like a node.
            Some(_) => possible = true,
            None => {
                let pools = region.pools()?;
                if let Some(gap) = pools.gaps.get(&own).and_then(|it| it.first()) {
                    return Err(gap.clone());
                }
            }
        }
        facts.push(format!("attached to {id}, which no tag calls a node of {name}"));
    } else {
        match fargate_pod(it, cluster) {
            Ok(true) => return Ok(Judgement::pass()),
            Ok(false) => {}
            Err(gap) => not_considered.push(gap),
        }
    }
    facts.push(format!("interfaceType is {}", it.interface_type));
    facts
        .extend((!it.description.is_empty()).then(|| format!("description is {}", it.description)));
    Ok(Judgement::Fail { facts, possible, not_considered })
}
