//! Which subjects a rule about Kubernetes can have, and the loop that visits them.

mod objects;

use std::sync::Arc;

use eksray_rule::{
    ClusterId, Entry, Gap, NodePoolKind, Outcome, Scope, Settings, Subject, Verdict,
};
use jiff::Timestamp;

use crate::{
    admission::PolicyRef,
    ingress::Claim,
    inventory::{
        Kube,
        admission::WebhookConfiguration,
        availability::PodDisruptionBudget,
        cluster::{CustomObject, Namespace, Node, PersistentVolume, ServiceAccount},
        config_map::ConfigMap,
        meta::ObjectMeta,
        netpol::NetworkPolicy,
        network::{Ingress, Service},
        rbac::Role,
        workload::Workload,
    },
    netpol::Netpols,
    rbac::{GROUP, Grant, Rbac},
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
    /// The same, and each ClusterRole that concerns the rule.
    GrantAndRole(
        fn(&Grant<'_>, &Context<'_>) -> Verdict,
        fn(&Role, &Context<'_>) -> Option<Verdict>,
    ),
    /// A service account.
    ServiceAccount(fn(&ServiceAccount, &Context<'_>) -> Verdict),
    /// A service account, and a topmost owner of pods.
    ServiceAccountAndWorkload(
        fn(&ServiceAccount, &Context<'_>) -> Verdict,
        fn(&Workload, &Context<'_>) -> Verdict,
    ),
    /// The nodes of a pool.
    NodePool(fn(&[&Node], &Context<'_>) -> Verdict),
    /// A NetworkPolicy.
    NetworkPolicy(fn(&NetworkPolicy, &Context<'_>) -> Verdict),
    /// A PodDisruptionBudget.
    PodDisruptionBudget(fn(&PodDisruptionBudget, &Context<'_>) -> Verdict),
    /// A SecurityGroupPolicy.
    SecurityGroupPolicy(fn(&CustomObject, &Context<'_>) -> Verdict),
    /// A workload, a Service, an Ingress or an autoscaler: whatever refers to another object.
    Referrer(fn(&Context<'_>) -> Vec<(Subject, Verdict)>),
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
            Self::GrantAndRole(..) => "binding × subject or ClusterRole",
            Self::ServiceAccount(_) => "service account",
            Self::ServiceAccountAndWorkload(..) => "service account or workload",
            Self::NodePool(_) => "node pool",
            Self::NetworkPolicy(_) => "NetworkPolicy",
            Self::PodDisruptionBudget(_) => "PodDisruptionBudget",
            Self::SecurityGroupPolicy(_) => "SecurityGroupPolicy",
            Self::Referrer(_) => "workload, Service, Ingress or autoscaler",
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
    /// Its network policies, resolved.
    pub netpols: &'a Netpols<'a>,
    /// When it was read.
    pub now: Timestamp,
    /// Settings in force.
    pub settings: &'a Settings,
    /// The subjects of `kube.workloads`, in their order.
    workloads: &'a [Subject],
}

impl Context<'_> {
    /// An object as a subject.
    pub fn object(&self, group: &str, kind: &str, metadata: &ObjectMeta) -> Subject {
        Subject::object(self.cluster, group, kind, &metadata.namespace, &metadata.name)
    }

    /// A workload as a subject.
    pub fn workload(&self, it: &Workload) -> Subject {
        subject(self.cluster, it)
    }
}

fn subject(cluster: &ClusterId, it: &Workload) -> Subject {
    Subject::object(cluster, &it.group, &it.kind, &it.namespace, &it.name)
}

/// Every Kubernetes rule, by id.
pub fn rules() -> &'static [Entry<Check>] {
    ALL
}

/// Runs every Kubernetes rule over a cluster as it was read at some time; `settings` tells those of a namespace,
/// or of the whole cluster.
pub fn inspect<'a>(
    cluster: &ClusterId,
    kube: &Kube,
    now: Timestamp,
    settings: impl Fn(Option<&str>) -> &'a Settings,
) -> Vec<Outcome> {
    let rbac = Rbac::resolve(kube);
    let netpols = Netpols::resolve(kube);
    let settings_of_all = settings(None);
    let workloads = kube.workloads.iter().map(|it| subject(cluster, it)).collect::<Vec<_>>();
    let context = Context {
        cluster,
        kube,
        rbac: &rbac,
        netpols: &netpols,
        now,
        settings: settings_of_all,
        workloads: &workloads,
    };
    let within = |namespace: &str| Context { settings: settings(Some(namespace)), ..context };
    let scope = Arc::new(Scope::of_cluster(cluster));
    let mut outcomes = Vec::new();
    for entry in ALL {
        let mut verdicts = Vec::new();
        visit(entry, &context, &within, &mut verdicts);
        verdicts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let meta = entry.meta();
        outcomes.extend(verdicts.into_iter().map(|(subject, verdict)| Outcome {
            rule: meta,
            subject,
            scope: scope.clone(),
            verdict,
        }));
    }
    outcomes
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
            out.extend(workloads(context, within, check));
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
                let verdict = check(it, &within(&it.metadata.namespace));
                (context.object("", "Service", &it.metadata), verdict)
            })),
        },
        Check::Ingress(_)
        | Check::WorkloadAndIngress(..)
        | Check::IngressClaim(_)
        | Check::ConfigMap(_)
        | Check::Webhooks(_)
        | Check::Policy(_)
        | Check::SecretStore(_) => objects::visit(entry, context, within, out),
        Check::NetworkPolicy(check) => match kube.network_policies.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(policies) => out.extend(policies.iter().map(|it| {
                let verdict = check(it, &within(&it.metadata.namespace));
                (context.object("networking.k8s.io", "NetworkPolicy", &it.metadata), verdict)
            })),
        },
        Check::PodDisruptionBudget(check) => match kube.pod_disruption_budgets.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(budgets) => out.extend(budgets.iter().map(|it| {
                let verdict = check(it, &within(&it.metadata.namespace));
                (context.object("policy", "PodDisruptionBudget", &it.metadata), verdict)
            })),
        },
        Check::SecurityGroupPolicy(check) => match kube.security_group_policies.known() {
            Err(gap) => out.push(whole(gap)),
            Ok(policies) => out.extend(policies.iter().map(|it| {
                let group = it.api_version.split('/').next().unwrap_or_default();
                let verdict = check(it, &within(&it.metadata.namespace));
                (context.object(group, &it.kind, &it.metadata), verdict)
            })),
        },
        Check::Referrer(check) => out.extend(check(context)),
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
        Check::GrantAndRole(grant, role) => {
            out.extend(rbac.grants.iter().map(|it| (it.subject_in(cluster), grant(it, context))));
            let roles = kube.cluster_roles.known().map(Vec::as_slice).unwrap_or_default();
            out.extend(roles.iter().filter_map(|it| {
                let subject = Subject::object(cluster, GROUP, "ClusterRole", "", &it.metadata.name);
                Some((subject, role(it, context)?))
            }));
            out.extend(rbac.gaps.first().or(kube.cluster_roles.gap()).cloned().map(whole));
        }
        Check::ServiceAccount(check) => {
            out.extend(accounts(context, within, check));
            out.extend(kube.service_accounts.gap().cloned().map(whole));
        }
        Check::ServiceAccountAndWorkload(account, workload) => {
            out.extend(accounts(context, within, account));
            out.extend(workloads(context, within, workload));
            let gap = kube.service_accounts.gap().or(kube.workload_gaps.first());
            out.extend(gap.cloned().map(whole));
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

fn workloads<'a>(
    context: &Context<'a>,
    within: &dyn Fn(&str) -> Context<'a>,
    check: fn(&Workload, &Context<'_>) -> Verdict,
) -> impl Iterator<Item = (Subject, Verdict)> {
    let all = context.kube.workloads.iter().zip(context.workloads);
    all.map(move |(it, subject)| (subject.clone(), check(it, &within(&it.namespace))))
}

fn accounts<'a>(
    context: &Context<'a>,
    within: &dyn Fn(&str) -> Context<'a>,
    check: fn(&ServiceAccount, &Context<'_>) -> Verdict,
) -> impl Iterator<Item = (Subject, Verdict)> {
    let all = context.kube.service_accounts.known().map(Vec::as_slice).unwrap_or_default();
    all.iter().map(move |it| {
        let (namespace, name) = (&it.metadata.namespace, &it.metadata.name);
        let subject = Subject::object(context.cluster, "", "ServiceAccount", namespace, name);
        (subject, check(it, &within(namespace)))
    })
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
