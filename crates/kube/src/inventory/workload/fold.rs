//! Folds pods and controllers into workloads, page by page and in any order.
//!
//! Memory grows with owners, not with pods: of a pod only what its owner does not say is kept.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Gap, credential::Credential};

use super::{
    Condition, Controller, LivePods, OwnerMeta, Pod, PodTemplate, Strategy, WireStrategy, Workload,
    live::{comparable, settled},
};
use crate::inventory::{
    meta::{Labels, ObjectMeta, OwnerReference},
    pod::PodSpec,
};

/// More distinct specifications than this under one owner say nothing new; the smallest are kept, so
/// that the order of pages does not matter.
const MAX_VARIANTS: usize = 16;

/// Controllers with names that stay: an operator's object above them is not theirs to be judged by.
const LASTING: &[&str] = &["Deployment", "StatefulSet", "DaemonSet", "CronJob"];

/// What the VPC resource controller writes on a pod that has a network interface of its own.
const POD_ENI: &str = "vpc.amazonaws.com/pod-eni";

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
    above: Option<Key>,
    /// The object itself, if it was read and nothing owns it.
    workload: Option<Workload>,
    /// What was read directly below it.
    below: Below,
    /// Live pods directly under it.
    pods: Pods,
}

/// Controllers under an owner; they speak for it only if it could not be read.
#[derive(Debug, Default)]
struct Below {
    /// The one that asks for most replicas, then the one with the greatest name.
    first: Option<(Option<u32>, Workload)>,
    specs: BTreeSet<PodSpec>,
}

#[derive(Debug, Default)]
struct Pods {
    live: LivePods,
    /// The smallest specification.
    first: Option<PodSpec>,
    specs: BTreeSet<PodSpec>,
    /// What all pods have in common; absent without pods.
    common: Option<(Labels, Labels)>,
    credentials: BTreeSet<Credential>,
    mirror: bool,
}

impl Fold {
    /// Adds a controller of a built-in kind, such as `("apps", "Deployment")`.
    pub fn controller(&mut self, group: &str, kind: &str, controller: Controller) {
        let above = above(group, kind, &controller.metadata);
        let workload = workload(group, kind, controller);
        let key = Key {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: workload.namespace.clone(),
            name: workload.name.clone(),
        };
        let owner = self.owners.entry(key).or_default();
        match above {
            None => owner.workload = Some(workload),
            Some(above) => {
                owner.above = Some(above.clone());
                self.owners.entry(above).or_default().below.add(workload);
            }
        }
    }

    /// Adds a pod; finished ones run nothing any more and say nothing that their owner does not.
    pub fn pod(&mut self, pod: Pod) {
        let Pod { mut metadata, spec, status } = pod;
        if matches!(status.phase.as_str(), "Succeeded" | "Failed") {
            return;
        }
        let (key, mirror) = pod_key(&metadata);
        let mut live = LivePods { count: 1, ..LivePods::default() };
        live.running = u32::from(status.phase == "Running");
        live.nodes.extend(Some(spec.node_name.clone()).filter(|it| !it.is_empty()));
        live.ips.extend(Some(status.pod_ip).filter(|it| !it.is_empty()));
        live.with_eni = u32::from(metadata.annotations.remove(POD_ENI).is_some());
        let unready = |it: &&Condition| it.type_ == "Ready" && it.status != "True";
        if status.phase == "Running" {
            live.unready_since =
                status.conditions.iter().find(unready).and_then(|it| it.last_transition_time);
        }
        let spec = settled(spec);
        let owner = self.owners.entry(key).or_default();
        // Most pods of an owner are alike: what this one has to say was said.
        let is_known = owner.pods.first.as_ref() == Some(&spec);
        let pods = Pods {
            live,
            specs: (!is_known).then(|| comparable(&spec)).into_iter().collect(),
            first: Some(spec),
            common: Some((metadata.labels, metadata.annotations)),
            credentials: metadata.credentials.into_iter().collect(),
            mirror,
        };
        owner.pods.join(pods);
    }

    /// Notes that a kind could not be listed, or only in part.
    pub fn gap(&mut self, gap: Gap) {
        self.gaps.push(gap);
    }

    /// Takes what another fold gathered, as of another kind.
    pub fn join(&mut self, other: Self) {
        for (key, other) in other.owners {
            let owner = self.owners.entry(key).or_default();
            owner.above = owner.above.take().or(other.above);
            owner.workload = owner.workload.take().or(other.workload);
            owner.below.join(other.below);
            owner.pods.join(other.pods);
        }
        self.gaps.extend(other.gaps);
    }

    /// The topmost owners, sorted, and the kinds that could not be listed.
    pub fn finish(self) -> (Vec<Workload>, Vec<Gap>) {
        let mut known = BTreeMap::new();
        let tops: Vec<Key> =
            self.owners.keys().map(|key| top(&self.owners, key, &mut known)).collect();
        let mut joined: BTreeMap<Key, Owner> = BTreeMap::new();
        for ((key, owner), top) in self.owners.into_iter().zip(tops) {
            let target = joined.entry(top.clone()).or_default();
            target.below.join(owner.below);
            target.pods.join(owner.pods);
            if key == top {
                target.workload = owner.workload;
            }
        }
        let mut gaps = self.gaps;
        gaps.sort();
        gaps.dedup();
        (joined.into_iter().filter_map(|(key, owner)| resolved(&key, owner)).collect(), gaps)
    }
}

impl Below {
    fn add(&mut self, workload: Workload) {
        // Old ReplicaSets are kept at zero for a rollback.
        if workload.replicas != Some(0) {
            keep(&mut self.specs, comparable(&workload.template));
        }
        let first = Some((workload.replicas, workload));
        self.join(Self { first, specs: BTreeSet::new() });
    }

    fn join(&mut self, other: Self) {
        let rank = |it: &Option<(Option<u32>, Workload)>| {
            it.as_ref().map(|(replicas, it)| (*replicas, it.name.clone()))
        };
        if rank(&self.first) < rank(&other.first) {
            self.first = other.first;
        }
        other.specs.into_iter().for_each(|it| keep(&mut self.specs, it));
    }
}

impl Pods {
    fn join(&mut self, other: Self) {
        self.live.count += other.live.count;
        self.live.running += other.live.running;
        self.live.nodes.extend(other.live.nodes);
        self.live.ips.extend(other.live.ips);
        self.live.with_eni += other.live.with_eni;
        let unready = [self.live.unready_since, other.live.unready_since];
        self.live.unready_since = unready.into_iter().flatten().min();
        self.first = [self.first.take(), other.first].into_iter().flatten().min();
        other.specs.into_iter().for_each(|it| keep(&mut self.specs, it));
        self.common = match (self.common.take(), other.common) {
            (Some((labels, annotations)), Some((other_labels, other_annotations))) => {
                Some((shared(labels, &other_labels), shared(annotations, &other_annotations)))
            }
            (one, other) => one.or(other),
        };
        self.credentials.extend(other.credentials);
        self.mirror |= other.mirror;
    }
}

fn keep(specs: &mut BTreeSet<PodSpec>, spec: PodSpec) {
    specs.insert(spec);
    if MAX_VARIANTS < specs.len() {
        specs.pop_last();
    }
}

fn shared(mut labels: Labels, others: &Labels) -> Labels {
    labels.retain(|key, value| others.get(key) == Some(value));
    labels
}

fn workload(group: &str, kind: &str, controller: Controller) -> Workload {
    let Controller { metadata, spec, status } = controller;
    let template = spec.template.or_else(|| spec.job_template.map(|it| it.spec.template));
    let PodTemplate { metadata: pod, spec: template } = template.unwrap_or_default();
    let strategy = strategy(
        spec.strategy.or(spec.update_strategy).unwrap_or_default(),
        spec.revision_history_limit,
        spec.pod_management_policy,
        spec.volume_claim_templates.is_some_and(|it| !it.is_empty())
            || template.volumes.iter().any(|it| it.persistent_volume_claim.is_some()),
    );
    // The API server fills the default of one replica in; manifests leave it out.
    let counted =
        matches!(kind, "Deployment" | "ReplicaSet" | "StatefulSet" | "ReplicationController");
    let daemon_set =
        status.desired_number_scheduled.map(|desired| (desired, status.number_ready.unwrap_or(0)));
    let mut credentials = metadata.credentials;
    credentials.extend(pod.credentials);
    Workload {
        group: group.to_owned(),
        kind: kind.to_owned(),
        namespace: metadata.namespace,
        name: metadata.name,
        metadata: OwnerMeta { labels: metadata.labels, annotations: metadata.annotations },
        pod_labels: pod.labels,
        pod_annotations: pod.annotations,
        credentials,
        template,
        replicas: counted.then(|| spec.replicas.unwrap_or(1)),
        suspended: spec.suspend.unwrap_or(false),
        strategy,
        pods: LivePods { daemon_set, ..LivePods::default() },
        ..Workload::default()
    }
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

/// What a controller belongs to: its owner, or all that share its generated name.
fn above(group: &str, kind: &str, metadata: &ObjectMeta) -> Option<Key> {
    if LASTING.contains(&kind) {
        return None;
    }
    let namespace = &metadata.namespace;
    if let Some(owner) = metadata.owner_references.first() {
        return Some(reference_key(owner, namespace));
    }
    let name = metadata.generate_name.clone();
    let key =
        Key { group: group.to_owned(), kind: kind.to_owned(), namespace: namespace.clone(), name };
    (!key.name.is_empty()).then_some(key)
}

/// The key of what directly owns a pod, and whether the pod is a node's mirror of a static one.
fn pod_key(metadata: &ObjectMeta) -> (Key, bool) {
    let pod = |name: &str| Key {
        group: String::new(),
        kind: "Pod".to_owned(),
        namespace: metadata.namespace.clone(),
        name: name.to_owned(),
    };
    match metadata.owner_references.first() {
        // `kube-proxy-ip-10-0-0-1…`: one static pod per node is one workload.
        Some(owner) if owner.kind == "Node" => {
            let name = metadata.name.strip_suffix(owner.name.as_str());
            (pod(name.and_then(|it| it.strip_suffix('-')).unwrap_or(&metadata.name)), true)
        }
        Some(owner) => (reference_key(owner, &metadata.namespace), false),
        // A prefix ends with a dash as no name does, so that both stay apart.
        None if !metadata.generate_name.is_empty() => (pod(&metadata.generate_name), false),
        None => (pod(&metadata.name), false),
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

/// Follows owner references up; all members of a cycle go to its smallest. What was passed on the way is noted, so
/// that no part of a long chain is walked twice.
fn top(owners: &BTreeMap<Key, Owner>, from: &Key, known: &mut BTreeMap<Key, Key>) -> Key {
    let mut path = vec![from.clone()];
    let mut places = BTreeMap::from([(from.clone(), 0)]);
    let top = loop {
        let at = &path[path.len() - 1];
        if let Some(top) = known.get(at) {
            break top.clone();
        }
        let owner = owners.get(at);
        let above = owner.and_then(|it| it.above.clone());
        let Some(next) = above.or_else(|| unread_owner(owner?, at)) else { break at.clone() };
        if let Some(closes) = places.get(&next) {
            break path[*closes..].iter().min().cloned().unwrap_or(next);
        }
        places.insert(next.clone(), path.len());
        path.push(next);
    };
    known.extend(path.into_iter().map(|it| (it, top.clone())));
    top
}

/// A ReplicaSet that could not be read belongs to the Deployment, or the Argo Rollout, that its name and its pods' hash spell.
fn unread_owner(owner: &Owner, key: &Key) -> Option<Key> {
    if key.kind != "ReplicaSet" || key.group != "apps" || owner.workload.is_some() {
        return None;
    }
    let (labels, _) = owner.pods.common.as_ref()?;
    let (hash, group, kind) = match labels.get("rollouts-pod-template-hash") {
        Some(hash) => (hash, "argoproj.io", "Rollout"),
        None => (labels.get("pod-template-hash")?, "apps", "Deployment"),
    };
    let name = key.name.strip_suffix(hash.as_str())?.strip_suffix('-')?.to_owned();
    Some(Key { group: group.to_owned(), kind: kind.to_owned(), name, ..key.clone() })
}

/// The owner itself, or what a level below says in its place; nothing if there is no pod and no template.
fn resolved(key: &Key, owner: Owner) -> Option<Workload> {
    let Owner { workload, below, pods, .. } = owner;
    let read = workload.is_some();
    let mut target = workload.or_else(|| Some(stand_in(key, below.first?.1))).or_else(|| {
        let (labels, annotations) = pods.common.clone()?;
        let it = Workload {
            metadata: OwnerMeta { labels: labels.clone(), annotations: annotations.clone() },
            pod_labels: labels,
            pod_annotations: annotations,
            template: pods.first.clone()?,
            ..Workload::default()
        };
        Some(stand_in(key, it))
    })?;
    let known = comparable(&target.template);
    let below = if read { BTreeSet::new() } else { below.specs };
    let specs: BTreeSet<PodSpec> = pods.specs.into_iter().chain(below).collect();
    target.variants = specs.into_iter().filter(|it| *it != known).take(MAX_VARIANTS).collect();
    target.mirror = pods.mirror;
    let daemon_set = target.pods.daemon_set;
    let (mut labels, _) = pods.common.unwrap_or_default();
    labels.retain(|key, value| target.pod_labels.get(key) != Some(value));
    target.pods = LivePods { labels, daemon_set, ..pods.live };
    target.credentials.extend(pods.credentials);
    target.credentials.sort();
    target.credentials.dedup();
    Some(target)
}

/// Gives a name to what was read below it. Jobs with one generated name and pods stand for themselves.
fn stand_in(key: &Key, below: Workload) -> Workload {
    let own = key.kind == below.kind || key.kind == "Pod" && key.group.is_empty();
    Workload {
        group: key.group.clone(),
        kind: key.kind.clone(),
        namespace: key.namespace.clone(),
        name: key.name.clone(),
        stand_in: !own,
        ..below
    }
}
