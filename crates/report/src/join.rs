//! Outcomes of both sides as outcomes of one estate: node pools get one name, doubts of one side reach the other.

use std::{
    collections::{
        BTreeMap, HashMap,
        hash_map::Entry::{Occupied, Vacant},
    },
    sync::Arc,
};

use eksray_kube::inventory::cluster::Node;
use eksray_rule::{Gap, Meta, NodePoolKind, Outcome, Reason, Scope, Subject, any};

use crate::world::{ClusterView, World};

/// Joins what the rules of `aws` and `kube` said.
///
/// A node that its labels put into no pool is named after the pool that holds its instance, and a node without an
/// instance that was read makes every AWS rule about its pool unknown.
pub(crate) fn join(outcomes: Vec<Outcome>, world: &World<'_>) -> Vec<Outcome> {
    let names = pools_by_instance(world);
    let mut joined: Vec<Outcome> = outcomes
        .into_iter()
        .map(|it| match names.get(&it.subject) {
            Some(subject) => Outcome { subject: subject.clone(), ..it },
            None => it,
        })
        .collect();
    let of_pools = eksray_aws::rules().iter();
    for entry in of_pools.filter(|it| matches!(it.rule.check, eksray_aws::Check::NodePool(_))) {
        world.clusters.iter().for_each(|view| joined.extend(doubts(entry.meta(), view)));
    }
    let of_nodes = eksray_kube::rules().iter();
    for entry in of_nodes.filter(|it| matches!(it.rule.check, eksray_kube::Check::NodePool(_))) {
        let unnamed = world.clusters.iter().filter_map(|view| Some((view, unnamed(view)?)));
        joined.extend(unnamed.map(|(view, gap)| Outcome {
            rule: entry.meta(),
            subject: Subject::cluster(&view.id),
            scope: Scope::of_cluster(&view.id).into(),
            verdict: Err(gap),
        }));
    }
    merge(joined)
}

/// Why nodes that their labels put into no pool may stand under a name of their own instead of their pool's.
fn unnamed(view: &ClusterView<'_>) -> Option<Gap> {
    let gap = view.aws().ok()?.region.region.instances.gap()?.clone();
    let is_lone = |it: &Node| eksray_kube::pool_of(it).0 == NodePoolKind::Instance;
    nodes(view).ok()?.iter().any(is_lone).then_some(gap)
}

/// Unknown outcomes of a rule for the pools of nodes that no instance stands for. Where nodes were not read, there
/// may be such pools.
pub(crate) fn doubts(rule: Meta, view: &ClusterView<'_>) -> Vec<Outcome> {
    let outcome = |(subject, gap): (Subject, Gap)| Outcome {
        rule,
        subject,
        scope: Scope::of_cluster(&view.id).into(),
        verdict: Err(gap),
    };
    let unread = nodes(view).err().filter(|it| it.reason != Reason::NotCollected);
    let whole = unread.map(|gap| (Subject::cluster(&view.id), gap));
    without_instance(view).into_iter().chain(whole).map(outcome).collect()
}

/// One outcome for each rule and subject, at the place of the first: verdicts are joined, and the clusters concerned.
pub(crate) fn merge(outcomes: Vec<Outcome>) -> Vec<Outcome> {
    let mut places: HashMap<(&'static str, Subject), usize> = HashMap::new();
    let mut merged: Vec<Outcome> = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        match places.entry((outcome.rule.id, outcome.subject.clone())) {
            Vacant(place) => {
                place.insert(merged.len());
                merged.push(outcome);
            }
            Occupied(place) => {
                let first = &mut merged[*place.get()];
                first.verdict = any([first.verdict.clone(), outcome.verdict]);
                let clusters = &mut Arc::make_mut(&mut first.scope).clusters;
                clusters.extend(outcome.scope.clusters.iter().cloned());
                clusters.sort();
                clusters.dedup();
            }
        }
    }
    merged
}

/// Pools that hold an instance, by the name that Kubernetes alone gives its node.
fn pools_by_instance(world: &World<'_>) -> BTreeMap<Subject, Subject> {
    let mut names = BTreeMap::new();
    for view in &world.clusters {
        let Ok(nodes) = nodes(view) else { continue };
        for node in nodes {
            let (kind, name) = eksray_kube::pool_of(node);
            if kind == NodePoolKind::Instance {
                names.insert(Subject::node_pool(&view.id, kind, name), view.pool_of(node));
            }
        }
    }
    names
}

/// Pools of nodes that run on EC2 and whose instance is in no pool that AWS told of, each with the first such node.
fn without_instance(view: &ClusterView<'_>) -> BTreeMap<Subject, Gap> {
    let mut missing = BTreeMap::new();
    let (Ok(aws), Ok(nodes)) = (view.aws(), nodes(view)) else { return missing };
    // Where instances were not read, every pool is unknown already.
    if aws.region.region.instances.gap().is_some() {
        return missing;
    }
    let elsewhere = |it: &Node| it.is_fargate() || it.spec.provider_id.starts_with("eks-hybrid://");
    let known =
        |it: &Node| it.instance_id().is_some_and(|it| aws.pool_by_instance.contains_key(it));
    for node in nodes.iter().filter(|it| !elsewhere(it) && !known(it)) {
        missing.entry(view.pool_of(node)).or_insert_with(|| {
            let detail = format!("node `{}` is none of the instances", node.metadata.name);
            Gap { call: "ec2:DescribeInstances".to_owned(), reason: Reason::Malformed, detail }
        });
    }
    missing
}

fn nodes<'a>(view: &ClusterView<'a>) -> Result<&'a [Node], Gap> {
    view.kube.clone()?.nodes.known().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use eksray_aws::inventory::Account;
    use eksray_kube::decode::from_manifests;
    use eksray_rule::{ClusterId, Fetched, Judgement};

    use super::*;
    use crate::{Configuration, Snapshot, inspect};

    fn shop(instances: &str, nodes: &str) -> Snapshot {
        let text = format!(
            r#"{{ "id": "123456789012", "partition": "aws", "regions": {{ "eu-west-1": {{
                "clusters": [{{ "name": "shop", "nodegroups": [] }}],
                "instances": {instances},
                "autoScalingGroups": []
            }} }} }}"#
        );
        let mut snapshot = Snapshot::example();
        snapshot.accounts.push(serde_json::from_str::<Account>(&text).unwrap());
        let id = ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/shop".to_owned());
        snapshot.kubes.insert(id, Fetched::read(from_manifests(nodes).unwrap()));
        snapshot
    }

    fn node(name: &str, kubelet: &str) -> String {
        format!(
            "kind: Node\napiVersion: v1\nmetadata: {{ name: {name} }}\n\
             spec: {{ providerID: \"aws:///eu-west-1a/{name}\" }}\n\
             status: {{ nodeInfo: {{ kubeletVersion: {kubelet} }} }}\n---\n"
        )
    }

    fn of(outcomes: &[Outcome], rule: &str) -> Vec<(String, Result<bool, String>)> {
        let seen = outcomes.iter().filter(|it| it.rule.id == rule).map(|it| {
            let failed = it.verdict.as_ref().map(|it| matches!(it, Judgement::Fail { .. }));
            (it.subject.short(), failed.map_err(|it| it.detail.clone()))
        });
        seen.collect()
    }

    fn member(id: &str) -> String {
        format!(
            r#"{{ "instanceId": "{id}", "state": "running", "tags": {{
                "kubernetes.io/cluster/shop": "owned", "aws:autoscaling:groupName": "web" }} }}"#
        )
    }

    #[test]
    fn both_sides_name_a_self_managed_pool_alike() {
        let instances = format!("[{}, {}]", member("i-1"), member("i-2"));
        let nodes = node("i-1", "v1.29.0") + &node("i-2", "v1.35.0");
        let outcomes = inspect(&shop(&instances, &nodes), &Configuration::default());
        let skew = of(&outcomes, "node-version-skew");
        assert_eq!(skew, [("nodes asg/web".to_owned(), Ok(true))]);
    }

    #[test]
    fn a_node_without_instance_makes_its_pool_unknown() {
        let instances = format!("[{}]", member("i-1"));
        let nodes = node("i-1", "v1.35.0") + &node("i-2", "v1.35.0");
        let outcomes = inspect(&shop(&instances, &nodes), &Configuration::default());
        for rule in ["node-reachable-from-internet", "node-in-public-subnet"] {
            let seen = of(&outcomes, rule);
            let doubt = Err("node `i-2` is none of the instances".to_owned());
            assert!(seen.contains(&("nodes instance/i-2".to_owned(), doubt)), "{rule}: {seen:?}");
        }
    }

    #[test]
    fn every_rule_has_one_outcome_for_a_subject() {
        let instances = format!("[{}]", member("i-1"));
        let nodes = node("i-1", "v1.35.0") + &node("i-2", "v1.35.0") + &node("i-3", "v1.30.0");
        let outcomes = inspect(&shop(&instances, &nodes), &Configuration::default());
        let mut seen = std::collections::BTreeSet::new();
        for it in &outcomes {
            assert!(seen.insert((it.rule.id, &it.subject)), "{} {}", it.rule.id, it.subject);
        }
    }
}
