//! Which subjects a rule about Kubernetes can have, and the loop that visits them.

use eksray_rule::{
    ClusterId, Entry, Fetched, Gap, Judgement, NodePoolKind, Outcome, Reason, Scope, Settings,
    Subject, Verdict,
};
use jiff::Timestamp;

use crate::{
    admission::{self, PolicyRef},
    ingress::{self, Claim},
    inventory::{
        Kube,
        admission::WebhookConfiguration,
        cluster::{CustomObject, Namespace, Node, PersistentVolume},
        config_map::ConfigMap,
        meta::ObjectMeta,
        network::{Ingress, Service},
        workload::Workload,
    },
    rbac::{Grant, Rbac},
    rules::ALL,
};

/// A rule about Kubernetes.
pub type Rule = eksray_rule::Rule<Check>;

/// What a rule looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The cluster.
    Cluster(fn(&Context<'_>) -> Verdict),
    /// A topmost owner of pods.
    Workload(fn(&Workload, &Context<'_>) -> Verdict),
    /// A namespace.
    Namespace(fn(&Namespace, &Context<'_>) -> Verdict),
    /// A Service.
    Service(fn(&Service, &Context<'_>) -> Verdict),
    /// An Ingress.
    Ingress(fn(&Ingress, &Context<'_>) -> Verdict),
    /// A workload, where the rule has something to say of it, and an Ingress.
    WorkloadAndIngress(
        fn(&Workload, &Context<'_>) -> Option<Verdict>,
        fn(&Ingress, &Context<'_>) -> Verdict,
    ),
    /// A group of Ingresses, or one host with its path, that several Ingresses claim.
    IngressClaim(fn(&Claim<'_>, &Context<'_>) -> Verdict),
    /// A ConfigMap; they are read only when asked for.
    ConfigMap(fn(&ConfigMap, &Context<'_>) -> Verdict),
    /// A validating or mutating webhook configuration.
    Webhooks(fn(&WebhookConfiguration, &Context<'_>) -> Verdict),
    /// A policy of an engine that can be read.
    Policy(fn(PolicyRef<'_>, &Context<'_>) -> Verdict),
    /// A `ClusterSecretStore` or a `SecretProviderClass`.
    SecretStore(fn(&CustomObject, &Context<'_>) -> Verdict),
    /// A PersistentVolume.
    PersistentVolume(fn(&PersistentVolume, &Context<'_>) -> Verdict),
    /// One subject of a binding, with the rights that the binding gives it.
    Grant(fn(&Grant<'_>, &Context<'_>) -> Verdict),
    /// The nodes of a pool.
    NodePool(fn(&[&Node], &Context<'_>) -> Verdict),
}

impl Check {
    /// What findings of the rule are about, as `eksray rules` prints it.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "cluster",
            Self::Workload(_) => "workload",
            Self::Namespace(_) => "namespace",
            Self::Service(_) => "Service",
            Self::Ingress(_) => "Ingress",
            Self::WorkloadAndIngress(..) => "workload or Ingress",
            Self::IngressClaim(_) => "Ingress group or host",
            Self::ConfigMap(_) => "ConfigMap",
            Self::Webhooks(_) => "webhook configuration",
            Self::Policy(_) => "policy",
            Self::SecretStore(_) => "ClusterSecretStore or SecretProviderClass",
            Self::PersistentVolume(_) => "PersistentVolume",
            Self::Grant(_) => "binding × subject",
            Self::NodePool(_) => "node pool",
        }
    }
}

/// What rules about one cluster see.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The cluster's identity.
    pub cluster: &'a ClusterId,
    /// What its API server shows.
    pub kube: &'a Kube,
    /// Its roles and bindings, resolved.
    pub rbac: &'a Rbac<'a>,
    /// Settings in force.
    pub settings: &'a Settings,
    /// When the scan was.
    pub now: Timestamp,
}

impl Context<'_> {
    /// A workload as a subject.
    pub fn workload(&self, it: &Workload) -> Subject {
        Subject::object(self.cluster, &it.group, &it.kind, &it.namespace, &it.name)
    }
}

/// Every Kubernetes rule, by id.
pub fn rules() -> &'static [Entry<Check>] {
    ALL
}

/// Runs every Kubernetes rule over a cluster; `settings` tells those of a namespace, or of the whole cluster.
pub fn inspect<'a>(
    cluster: &ClusterId,
    kube: &Kube,
    now: Timestamp,
    settings: impl Fn(Option<&str>) -> &'a Settings,
) -> Vec<Outcome> {
    let rbac = Rbac::resolve(kube);
    let context = Context { cluster, kube, rbac: &rbac, settings: settings(None), now };
    let within = |namespace: &str| Context { settings: settings(Some(namespace)), ..context };
    let mut outcomes = Vec::new();
    for entry in ALL {
        let mut verdicts = Vec::new();
        visit(entry, &context, &within, &mut verdicts);
        verdicts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let meta = entry.meta();
        outcomes.extend(verdicts.into_iter().map(|(subject, verdict)| Outcome {
            rule: meta,
            subject,
            scope: scope(cluster),
            verdict,
        }));
    }
    outcomes
}

/// Account and Region stand in the cluster's ARN; a cluster without one has neither.
fn scope(cluster: &ClusterId) -> Scope {
    let field = |at: usize| match cluster.0.split(':').nth(at) {
        Some(field) if cluster.0.starts_with("arn:") => Some(field.to_owned()),
        _ => None,
    };
    Scope { account: field(4), region: field(3), clusters: vec![cluster.clone()] }
}

fn visit<'a>(
    entry: &Entry<Check>,
    context: &Context<'a>,
    within: &dyn Fn(&str) -> Context<'a>,
    out: &mut Vec<(Subject, Verdict)>,
) {
    let Context { cluster, kube, rbac, .. } = *context;
    let whole = |gap: Gap| (Subject::cluster(cluster), Err(gap));
    match entry.rule.check {
        Check::Cluster(check) => out.push((Subject::cluster(cluster), check(context))),
        Check::Workload(check) => {
            out.extend(
                kube.workloads
                    .iter()
                    .map(|it| (context.workload(it), check(it, &within(&it.namespace)))),
            );
            out.extend(kube.workload_gaps.first().cloned().map(whole));
        }
        Check::Namespace(check) => match kube.namespaces.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(namespaces) => out.extend(namespaces.iter().map(|it| {
                let subject = Subject::object(cluster, "", "Namespace", "", &it.metadata.name);
                (subject, check(it, &within(&it.metadata.name)))
            })),
        },
        Check::Service(check) => match kube.services.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(services) => out.extend(services.iter().map(|it| {
                let (namespace, name) = (&it.metadata.namespace, &it.metadata.name);
                (
                    Subject::object(cluster, "", "Service", namespace, name),
                    check(it, &within(namespace)),
                )
            })),
        },
        Check::Ingress(check) => out.extend(objects(cluster, &kube.ingresses, |it| {
            let group = "networking.k8s.io";
            Some((group, "Ingress", &it.metadata, check(it, &within(&it.metadata.namespace))))
        })),
        Check::WorkloadAndIngress(of_workload, of_ingress) => {
            for it in &kube.workloads {
                let verdict = of_workload(it, &within(&it.namespace));
                out.extend(verdict.map(|verdict| (context.workload(it), verdict)));
            }
            out.extend(kube.workload_gaps.first().cloned().map(whole));
            out.extend(objects(cluster, &kube.ingresses, |it| {
                let verdict = of_ingress(it, &within(&it.metadata.namespace));
                Some(("networking.k8s.io", "Ingress", &it.metadata, verdict))
            }));
        }
        Check::IngressClaim(check) => match ingress::claims(kube) {
            Err(gap) => out.push(whole(gap)),
            Ok(claims) => {
                out.extend(claims.iter().map(|it| (it.subject(cluster), check(it, context))));
            }
        },
        Check::ConfigMap(_) if is_not_asked_for(&kube.config_maps) => out.push((
            Subject::cluster(cluster),
            Ok(Judgement::not_applicable("not asked for: --include configmaps")),
        )),
        Check::ConfigMap(check) => out.extend(objects(cluster, &kube.config_maps, |it| {
            Some(("", "ConfigMap", &it.metadata, check(it, &within(&it.metadata.namespace))))
        })),
        Check::Webhooks(check) => {
            let validating = ("ValidatingWebhookConfiguration", &kube.validating_webhooks);
            let mutating = ("MutatingWebhookConfiguration", &kube.mutating_webhooks);
            for (kind, list) in [validating, mutating] {
                out.extend(objects(cluster, list, |it| {
                    Some((admission::GROUP, kind, &it.metadata, check(it, context)))
                }));
            }
        }
        Check::Policy(check) => {
            out.extend(objects(cluster, &kube.validating_policies, |it| {
                let verdict = check(PolicyRef::Built(it), context);
                Some((admission::GROUP, "ValidatingAdmissionPolicy", &it.metadata, verdict))
            }));
            out.extend(objects(cluster, &kube.policy_objects, |it| {
                let group = it.api_version.split('/').next().unwrap_or_default();
                let within = within(&it.metadata.namespace);
                let decides = it.kind != "PolicyException";
                decides.then(|| {
                    (group, it.kind.as_str(), &it.metadata, check(PolicyRef::Object(it), &within))
                })
            }));
        }
        Check::SecretStore(check) => out.extend(objects(cluster, &kube.external_secrets, |it| {
            let group = it.api_version.split('/').next().unwrap_or_default();
            let is_store = matches!(it.kind.as_str(), "ClusterSecretStore" | "SecretProviderClass");
            let within = within(&it.metadata.namespace);
            is_store.then(|| (group, it.kind.as_str(), &it.metadata, check(it, &within)))
        })),
        Check::PersistentVolume(check) => match kube.persistent_volumes.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(volumes) => out.extend(volumes.iter().map(|it| {
                let name = &it.metadata.name;
                let subject = Subject::object(cluster, "", "PersistentVolume", "", name);
                (subject, check(it, context))
            })),
        },
        Check::Grant(check) => {
            out.extend(rbac.grants.iter().map(|it| (it.subject_in(cluster), check(it, context))));
            out.extend(rbac.gaps.first().cloned().map(whole));
        }
        Check::NodePool(check) => match kube.nodes.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(nodes) => out.extend(pools(cluster, nodes).into_iter().map(|(subject, nodes)| {
                let verdict = check(&nodes, context);
                (subject, verdict)
            })),
        },
    }
}

fn is_not_asked_for<T>(list: &Fetched<T>) -> bool {
    list.gap().is_some_and(|it| it.reason == Reason::NotCollected)
}

/// The verdicts on the objects of a list, each with its group, kind and metadata; one unknown of the cluster for
/// a list that was not read.
fn objects<'a, T>(
    cluster: &ClusterId,
    list: &'a Fetched<Vec<T>>,
    judge: impl Fn(&'a T) -> Option<(&'a str, &'a str, &'a ObjectMeta, Verdict)>,
) -> Vec<(Subject, Verdict)> {
    match list.known() {
        Err(gap) => vec![(Subject::cluster(cluster), Err(gap))],
        Ok(items) => items
            .iter()
            .filter_map(judge)
            .map(|(group, kind, it, verdict)| {
                (Subject::object(cluster, group, kind, &it.namespace, &it.name), verdict)
            })
            .collect(),
    }
}

/// Nodes by pool. A self-managed node is a pool of its own here: only AWS knows its Auto Scaling group,
/// and `report` renames the subject once both sides are joined.
fn pools<'a>(cluster: &ClusterId, nodes: &'a [Node]) -> Vec<(Subject, Vec<&'a Node>)> {
    let mut pools = std::collections::BTreeMap::<Subject, Vec<&Node>>::new();
    for node in nodes {
        let (kind, name) = pool_of(node);
        pools.entry(Subject::node_pool(cluster, kind, name)).or_default().push(node);
    }
    pools.into_iter().collect()
}

/// The pool that a node's labels name.
pub fn pool_of(node: &Node) -> (NodePoolKind, &str) {
    let label = |key: &str| node.metadata.labels.get(key).map(String::as_str);
    let auto = label("eks.amazonaws.com/compute-type") == Some("auto");
    match (label("karpenter.sh/nodepool"), label("eks.amazonaws.com/nodegroup")) {
        _ if node.is_fargate() => (NodePoolKind::Fargate, "fargate"),
        _ if node.spec.provider_id.starts_with("eks-hybrid://") => (NodePoolKind::Hybrid, "hybrid"),
        (Some(name), _) if auto => (NodePoolKind::Auto, name),
        (Some(name), _) => (NodePoolKind::Karpenter, name),
        (_, Some(name)) => (NodePoolKind::Mng, name),
        _ => (NodePoolKind::Instance, node.instance_id().unwrap_or(&node.metadata.name)),
    }
}
