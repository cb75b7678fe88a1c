//! Folds pods and controllers into workloads, page by page.
//!
//! Memory grows with owners, not with pods: of a pod only what its owner does not say is kept.

use std::collections::BTreeMap;

use eksray_rule::Gap;

use super::{Controller, LivePods, OwnerMeta, Pod, PodTemplate, Strategy, WireStrategy, Workload};
use crate::inventory::{
    meta::{Labels, ObjectMeta, OwnerReference},
    pod::PodSpec,
};

/// More distinct live specifications than this under one owner say nothing new.
const MAX_VARIANTS: usize = 16;

/// Workloads in the making.
#[derive(Debug, Default)]
pub struct Fold {
    owners: BTreeMap<Key, Owner>,
    gaps: Vec<Gap>,
}

/// Group, kind, namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

/// An owner, read or only referred to.
#[derive(Debug, Default)]
struct Owner {
    /// The controlling owner of this owner.
    above: Option<OwnerReference>,
    /// The object itself, if it was read.
    workload: Option<Workload>,
    /// Live pods directly under it.
    pods: Pods,
}

#[derive(Debug, Default)]
struct Pods {
    live: LivePods,
    specs: Vec<PodSpec>,
    labels: Labels,
    annotations: Labels,
    credentials: Vec<eksray_rule::credential::Credential>,
    mirror: bool,
}

impl Fold {
    /// Adds a controller of a built-in kind, such as `("apps", "Deployment")`.
    pub fn controller(&mut self, group: &str, kind: &str, controller: Controller) {
        let Controller { metadata, spec, status } = controller;
        let template = spec
            .template
            .or_else(|| spec.job_template.and_then(|it| it.spec.template))
            .unwrap_or_default();
        let strategy = strategy(
            spec.strategy.or(spec.update_strategy).unwrap_or_default(),
            spec.revision_history_limit,
            spec.pod_management_policy,
            spec.volume_claim_templates.is_some_and(|it| !it.is_empty())
                || template.spec.volumes.iter().any(|it| it.persistent_volume_claim.is_some()),
        );
        // The API server fills the default of one replica in; manifests leave it out.
        let counted =
            matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController");
        let replicas = if counted { Some(spec.replicas.unwrap_or(1)) } else { None };
        let daemon_set = spec_pair(status.desired_number_scheduled, status.number_ready);
        let above = metadata.owner_references.first().cloned();
        let key = Key {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: metadata.namespace.clone(),
            name: metadata.name.clone(),
        };
        let PodTemplate { metadata: pod, spec: template } = template;
        let mut credentials = metadata.credentials;
        credentials.extend(pod.credentials);
        let workload = Workload {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: metadata.namespace,
            name: metadata.name,
            metadata: OwnerMeta { labels: metadata.labels, annotations: metadata.annotations },
            pod_labels: pod.labels,
            pod_annotations: pod.annotations,
            credentials,
            template,
            variants: Vec::new(),
            replicas,
            suspended: spec.suspend.unwrap_or(false),
            strategy,
            pods: LivePods { daemon_set, ..LivePods::default() },
            mirror: false,
            stand_in: false,
        };
        let owner = self.owners.entry(key).or_default();
        owner.above = above;
        owner.workload = Some(workload);
    }

    /// Adds a live pod; finished ones only prove that their owner exists.
    pub fn pod(&mut self, pod: Pod) {
        let Pod { metadata, spec, status } = pod;
        let finished = matches!(status.phase.as_str(), "Succeeded" | "Failed");
        let (key, mirror) = pod_key(&metadata);
        if finished && metadata.owner_references.is_empty() {
            return;
        }
        let pods = &mut self.owners.entry(key).or_default().pods;
        if !finished {
            pods.live.count += 1;
            pods.live.running += u32::from(status.phase == "Running");
            if !spec.node_name.is_empty() {
                pods.live.nodes.insert(spec.node_name.clone());
            }
            if !status.pod_ip.is_empty() {
                pods.live.ips.insert(status.pod_ip);
            }
        }
        let spec = without_noise(spec);
        if pods.specs.len() < MAX_VARIANTS && !pods.specs.contains(&spec) {
            pods.specs.push(spec);
        }
        pods.mirror |= mirror;
        pods.labels = metadata.labels;
        pods.annotations = metadata.annotations;
        pods.credentials.extend(metadata.credentials);
        pods.credentials.sort();
        pods.credentials.dedup();
    }

    /// Notes that a kind could not be listed, or only in part.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// The topmost owners, sorted, and the kinds that could not be listed.
    pub fn finish(self) -> (Vec<Workload>, Vec<Gap>) {
        let tops: Vec<(Key, Key)> =
            self.owners.keys().map(|key| (key.clone(), top(&self.owners, key))).collect();
        let mut owners = self.owners;
        let mut workloads: BTreeMap<Key, Workload> = BTreeMap::new();
        // Owners that were read come first, so that a name found only in a reference finds them.
        for (key, top) in &tops {
            if key == top
                && let Some(workload) = owners.get_mut(key).and_then(|it| it.workload.take())
            {
                workloads.insert(key.clone(), workload);
            }
        }
        for (key, top) in tops {
            let Some(owner) = owners.remove(&key) else { continue };
            let Owner { workload, pods, .. } = owner;
            let target = workloads.entry(top.clone()).or_insert_with(|| stand_in(&top));
            if target.template == PodSpec::default() {
                adopt(target, workload, &pods);
            }
            merge(target, pods);
        }
        let mut gaps = self.gaps;
        gaps.sort();
        gaps.dedup();
        let workloads =
            workloads.into_values().filter(|it| it.template != PodSpec::default()).collect();
        (workloads, gaps)
    }
}

fn spec_pair(desired: Option<u32>, ready: Option<u32>) -> Option<(u32, u32)> {
    desired.map(|desired| (desired, ready.unwrap_or(0)))
}

fn strategy(
    wire: WireStrategy,
    revision_history_limit: Option<u32>,
    pod_management_policy: Option<String>,
    claim_templates: bool,
) -> Strategy {
    let rolling = wire.rolling_update.unwrap_or_default();
    Strategy {
        type_: wire.type_.unwrap_or_default(),
        max_unavailable: rolling.max_unavailable,
        max_surge: rolling.max_surge,
        revision_history_limit,
        pod_management_policy: pod_management_policy.unwrap_or_default(),
        claim_templates,
    }
}

/// The key of what directly owns a pod, and whether the pod is a node's mirror of a static one.
fn pod_key(metadata: &ObjectMeta) -> (Key, bool) {
    let namespace = metadata.namespace.clone();
    match metadata.owner_references.first() {
        Some(owner) if owner.kind == "Node" => {
            // `kube-proxy-ip-10-0-0-1…`: one static pod per node is one workload.
            let name = metadata.name.strip_suffix(&format!("-{}", owner.name));
            let name = name.unwrap_or(&metadata.name).to_owned();
            (Key { group: String::new(), kind: "Pod".to_owned(), namespace, name }, true)
        }
        Some(owner) => (reference_key(owner, &namespace), false),
        None => {
            let name = match metadata.generate_name.trim_end_matches('-') {
                "" => metadata.name.clone(),
                prefix => prefix.to_owned(),
            };
            (Key { group: String::new(), kind: "Pod".to_owned(), namespace, name }, false)
        }
    }
}

fn reference_key(owner: &OwnerReference, namespace: &str) -> Key {
    Key {
        group: owner.group().to_owned(),
        kind: owner.kind.clone(),
        namespace: namespace.to_owned(),
        name: owner.name.clone(),
    }
}

/// Follows owner references up; a cycle ends where it closes.
fn top(owners: &BTreeMap<Key, Owner>, from: &Key) -> Key {
    let mut at = from.clone();
    let mut seen = vec![at.clone()];
    loop {
        let owner = owners.get(&at);
        let above = owner.and_then(|it| it.above.as_ref());
        let next = match above {
            Some(above) => reference_key(above, &at.namespace),
            None => match unread_deployment(owner, &at) {
                Some(deployment) => deployment,
                None => return at,
            },
        };
        if seen.contains(&next) {
            return seen.into_iter().min().unwrap_or(next);
        }
        seen.push(next.clone());
        at = next;
    }
}

/// A ReplicaSet that could not be read belongs to the Deployment that its name and its pods' hash spell.
fn unread_deployment(owner: Option<&Owner>, key: &Key) -> Option<Key> {
    let owner = owner?;
    if key.kind != "ReplicaSet" || key.group != "apps" || owner.workload.is_some() {
        return None;
    }
    let hash = owner.pods.labels.get("pod-template-hash")?;
    let name = key.name.strip_suffix(hash.as_str())?.strip_suffix('-')?.to_owned();
    Some(Key { kind: "Deployment".to_owned(), name, ..key.clone() })
}

/// An owner that only references name.
fn stand_in(key: &Key) -> Workload {
    Workload {
        group: key.group.clone(),
        kind: key.kind.clone(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        ..Workload::default()
    }
}

/// Gives an owner that could not be read what a level below it says, or else its pods.
fn adopt(target: &mut Workload, below: Option<Workload>, pods: &Pods) {
    if let Some(below) = below {
        target.template = below.template;
        target.pod_labels = below.pod_labels;
        target.pod_annotations = below.pod_annotations;
        target.credentials = below.credentials;
        target.replicas = below.replicas;
        target.metadata = below.metadata;
    } else if let Some(first) = pods.specs.first() {
        target.template = first.clone();
        target.pod_labels = pods.labels.clone();
        target.pod_annotations = pods.annotations.clone();
    }
}

fn merge(target: &mut Workload, pods: Pods) {
    let known = without_noise(target.template.clone());
    for spec in pods.specs {
        if differs(&known, &spec) && !target.variants.contains(&spec) {
            target.variants.push(spec);
        }
    }
    target.variants.sort_by_key(|it| format!("{it:?}"));
    target.mirror |= pods.mirror;
    target.pods.count += pods.live.count;
    target.pods.running += pods.live.running;
    target.pods.nodes.extend(pods.live.nodes);
    target.pods.ips.extend(pods.live.ips);
    target.credentials.extend(pods.credentials);
    target.credentials.sort();
    target.credentials.dedup();
}

/// Drops what every live pod has and no template says: its node and the token volume of its account.
fn without_noise(mut spec: PodSpec) -> PodSpec {
    spec.node_name.clear();
    spec.tolerations.clear();
    let injected = |name: &str| {
        name.starts_with("kube-api-access-")
            || matches!(name, "aws-iam-token" | "eks-pod-identity-token")
    };
    spec.volumes.retain(|it| !injected(&it.name));
    let lists = [&mut spec.containers, &mut spec.init_containers, &mut spec.ephemeral_containers];
    for container in lists.into_iter().flatten() {
        container.volume_mounts.retain(|it| !injected(&it.name));
        container.env.retain(|it| !it.name.starts_with("AWS_") && !it.name.is_empty());
    }
    spec
}

/// Whether a live specification says something that the template does not.
fn differs(template: &PodSpec, live: &PodSpec) -> bool {
    let mut expected = template.clone();
    expected.service_account_name = live.service_account().to_owned();
    let mut live = live.clone();
    live.service_account_name = live.service_account().to_owned();
    let same_account = template.service_account() == live.service_account();
    !same_account || expected != live
}
