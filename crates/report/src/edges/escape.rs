//! From workloads to the nodes under them, and from nodes to everything that stands on them.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::{
    inventory::{ec2::Instance, iam::Role},
    node_pool::{NodePool, running},
};
use eksray_kube::inventory::{Kube, workload::Workload};
use eksray_rule::{Gap, Subject};

use super::Edges;
use crate::world::{AwsView, ClusterView, World};

/// Impact of a node.
const NODE: u32 = 45;
/// Credentials of the node from the instance metadata service.
const IMDS: u32 = 5;

/// Rules whose pattern leads to the node, with points.
const ESCAPES: [(&str, u32, &str); 6] = [
    ("container-privileged", 5, "privileged container"),
    ("container-windows-host-process", 5, "process of the node"),
    ("container-dangerous-capability", 10, "capability that leads to the node"),
    ("volume-host-path-sensitive", 5, "path of the node"),
    ("volume-runtime-socket", 5, "socket of the container runtime"),
    ("pod-host-pid", 20, "process namespace of the node"),
];

/// Adds escapes, what a node gives away, and the metadata service.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    for view in &world.clusters {
        let Ok(kube) = &view.kube else { continue };
        let pools = match kube.nodes.known() {
            Ok(nodes) => nodes
                .iter()
                .map(|it| (it.metadata.name.as_str(), view.pool_of(it)))
                .collect::<BTreeMap<&str, Subject>>(),
            Err(gap) => {
                edges.gap(&view.id, gap);
                continue;
            }
        };
        for workload in kube.workloads.iter().filter(|it| !it.is_fargate()) {
            let nodes = workload.pods.nodes.iter();
            let under: BTreeSet<&Subject> = nodes.filter_map(|it| pools.get(it.as_str())).collect();
            for pool in under {
                escapes(world, view, workload, pool, edges);
                let account =
                    view.service_account(&workload.namespace, workload.template.service_account());
                edges.step(pool, &account, 0, "hosts its pods", BTreeSet::new());
            }
        }
        if let Some(aws) = &view.aws {
            nodes(world, view, aws, kube, &pools, edges);
        }
    }
}

fn escapes(
    world: &World<'_>,
    view: &ClusterView<'_>,
    workload: &Workload,
    pool: &Subject,
    edges: &mut Edges,
) {
    let from = view.workload(workload);
    for (rule, cost, why) in ESCAPES {
        if let Some(needs) = world.pattern(rule, &from) {
            edges.step(&from, pool, cost, why, needs);
            edges.sink(pool.clone(), NODE);
        }
    }
}

/// From a pool to its role, and from pods to that role over the metadata service.
fn nodes(
    world: &World<'_>,
    view: &ClusterView<'_>,
    aws: &AwsView<'_>,
    kube: &Kube,
    pools: &BTreeMap<&str, Subject>,
    edges: &mut Edges,
) {
    for gap in &aws.pool_gaps {
        edges.gap(&view.id, gap.clone());
    }
    for pool in &aws.pools {
        let subject = pool.subject();
        let (roles, gap) = roles_of(pool, aws);
        if let Some(it) = gap {
            edges.gap(&view.id, it);
        }
        for role in &roles {
            edges.step(&subject, role, 0, "role of the nodes", BTreeSet::new());
        }
        let instances = match running(pool) {
            Ok(instances) => instances,
            Err(gap) => {
                edges.gap(&view.id, gap);
                continue;
            }
        };
        for workload in kube.workloads.iter().filter(|it| !it.is_fargate()) {
            let on_pool = |it: &String| pools.get(it.as_str()) == Some(&subject);
            if workload.pods.nodes.iter().any(on_pool) {
                metadata(world, &view.workload(workload), &subject, &instances, &roles, edges);
            }
        }
    }
}

/// Three parallel ways to the metadata service, each with what closes it.
fn metadata(
    world: &World<'_>,
    workload: &Subject,
    pool: &Subject,
    instances: &[&Instance],
    roles: &BTreeSet<Subject>,
    edges: &mut Edges,
) {
    let options = instances.iter().filter_map(|it| it.metadata_options.as_ref());
    let enabled: Vec<_> =
        options.filter(|it| it.http_endpoint.as_deref() != Some("disabled")).collect();
    if enabled.is_empty() {
        return;
    }
    let version_1 = enabled.iter().any(|it| it.http_tokens.as_deref() == Some("optional"));
    for role in roles {
        if let Some(needs) = world.pattern("node-imds-hop-limit-high", pool) {
            edges.step(workload, role, IMDS, "instance metadata, hop limit 2 or more", needs);
        }
        if version_1 {
            let why = "instance metadata, version 1 answers";
            edges.step(workload, role, IMDS, why, BTreeSet::new());
        }
        if let Some(needs) = world.pattern("pod-host-network", workload) {
            edges.step(workload, role, IMDS, "instance metadata over the host network", needs);
        }
    }
}

/// Roles that instances of a pool hold, as far as they could be read.
pub(crate) fn roles_of(pool: &NodePool<'_>, aws: &AwsView<'_>) -> (BTreeSet<Subject>, Option<Gap>) {
    let mut roles = BTreeSet::new();
    let mut unread = None;
    match &pool.nodegroup {
        Some(Ok(nodegroup)) => roles.extend(nodegroup.node_role.iter().map(Subject::aws)),
        Some(Err(gap)) => unread = Some(gap.clone()),
        None => {}
    }
    match of_instances(pool, aws) {
        Ok(held) => roles.extend(held),
        Err(gap) => unread = Some(gap),
    }
    (roles, unread)
}

fn of_instances(pool: &NodePool<'_>, aws: &AwsView<'_>) -> Result<Vec<Subject>, Gap> {
    let profiles: BTreeSet<&str> =
        running(pool)?.iter().filter_map(|it| it.iam_instance_profile.as_deref()).collect();
    if profiles.is_empty() {
        return Ok(Vec::new());
    }
    let details = aws.region.account.account.iam.known()?;
    let holds = |it: &&Role| it.instance_profiles.iter().any(|it| profiles.contains(it.as_str()));
    Ok(details.roles.iter().filter(holds).map(|it| Subject::aws(&it.arn)).collect())
}
