//! Rights over what others rely on: guardrails, traffic, volumes, running workloads. Finders as in
//! [`power`](super::power), none of which makes an administrator by itself.

use eksray_rule::Gap;

use super::{
    Grant, Rules,
    power::{Reach, Target, WRITE, find, find_where},
};
use crate::inventory::{Kube, admission::Webhook, rbac::PolicyRule};

const ADMISSION: &str = "admissionregistration.k8s.io";
const KYVERNO: &str = "policies.kyverno.io";
const GATEWAY: &str = "gateway.networking.k8s.io";

/// What admission consults; namespaced kinds come last, from [`NAMESPACED_GUARDRAILS`] on.
const GUARDRAILS: &[Target] = &[
    (ADMISSION, "mutatingadmissionpolicies"),
    (ADMISSION, "mutatingadmissionpolicybindings"),
    (ADMISSION, "mutatingwebhookconfigurations"),
    (ADMISSION, "validatingadmissionpolicies"),
    (ADMISSION, "validatingadmissionpolicybindings"),
    (ADMISSION, "validatingwebhookconfigurations"),
    ("config.gatekeeper.sh", "configs"),
    ("kyverno.io", "clusterpolicies"),
    (KYVERNO, "deletingpolicies"),
    (KYVERNO, "generatingpolicies"),
    (KYVERNO, "imagevalidatingpolicies"),
    (KYVERNO, "mutatingpolicies"),
    (KYVERNO, "validatingpolicies"),
    ("templates.gatekeeper.sh", "constrainttemplates"),
    ("kyverno.io", "policies"),
    ("kyverno.io", "policyexceptions"),
    (KYVERNO, "namespacedimagevalidatingpolicies"),
    (KYVERNO, "namespacedmutatingpolicies"),
    (KYVERNO, "namespacedvalidatingpolicies"),
    (KYVERNO, "policyexceptions"),
];
const NAMESPACED_GUARDRAILS: usize = 14;

/// Weakens what admission refuses, or lifts the labels that admission goes by. A RoleBinding in a namespace is asked
/// about that namespace's own object.
pub fn guardrails(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    let verbs = &["create", "update", "patch", "delete", "deletecollection"];
    let from = if reach == Reach::Cluster { 0 } else { NAMESPACED_GUARDRAILS };
    let mut found = find(rules, verbs, &GUARDRAILS[from..]);
    if reach == Reach::Cluster {
        let constraints =
            |group: &str| matches!(group, "constraints.gatekeeper.sh" | "mutations.gatekeeper.sh");
        found.extend(find_where(rules, verbs, constraints, |_| true));
    }
    found.extend(find(rules, &["update", "patch"], &[("", "namespaces")]));
    found
}

/// Whether an account may edit nothing but named configurations whose webhooks are Services of its own namespace.
pub fn is_own_webhooks(grant: &Grant<'_>, rights: &[PolicyRule], kube: &Kube) -> Result<bool, Gap> {
    let is_named = |it: &PolicyRule| {
        let of_webhooks = it.resources.iter().all(|it| it.ends_with("webhookconfigurations"));
        of_webhooks && !it.resource_names.is_empty()
    };
    if grant.subject.kind != "ServiceAccount" || !rights.iter().all(is_named) {
        return Ok(false);
    }
    let (mutating, validating) =
        (kube.mutating_webhooks.known()?, kube.validating_webhooks.known()?);
    let is_meant = |name: &String| rights.iter().any(|it| it.resource_names.contains(name));
    let mut meant = mutating.iter().chain(validating).filter(|it| is_meant(&it.metadata.name));
    let own = |it: &Webhook| {
        let service = it.client_config.service.as_ref();
        service.is_some_and(|it| it.namespace == grant.subject.namespace)
    };
    Ok(meant.all(|it| it.webhooks.iter().all(own)))
}

/// Opens or closes the network of pods.
pub fn network_policies(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let verbs = &["create", "update", "patch", "delete", "deletecollection"];
    find(rules, verbs, &[("networking.k8s.io", "networkpolicies")])
}

/// Makes volumes of the node's file system, past checks of pods.
pub fn creates_volumes(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    match reach {
        Reach::Cluster => find(rules, &["create"], &[("", "persistentvolumes")]),
        Reach::Namespace => Vec::new(),
    }
}

const RUNNING: &[Target] = &[
    ("", "events"),
    ("", "namespaces"),
    ("", "persistentvolumeclaims"),
    ("", "pods"),
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
    ("batch", "jobs"),
    ("events.k8s.io", "events"),
];

/// Deletes what runs, what it stored and what tells of it.
pub fn deletes(rules: &Rules<'_>) -> Vec<PolicyRule> {
    find(rules, &["delete", "deletecollection"], RUNNING)
}

/// Herds pods from node to node, or says what nodes and pods do.
pub fn herds(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    let mut found = Vec::new();
    if reach == Reach::Cluster {
        let nodes = find(rules, &["update", "patch"], &[("", "nodes"), ("", "nodes/status")]);
        if nodes.iter().any(|it| it.resources == ["nodes"]) {
            found.extend(find(rules, &["create"], &[("", "pods/eviction")]));
        }
        found.extend(nodes);
    }
    found.extend(find(rules, &["update", "patch"], &[("", "pods/status")]));
    found
}

/// Leads the traffic of others elsewhere.
pub fn traffic(rules: &Rules<'_>) -> Vec<PolicyRule> {
    const TARGETS: &[Target] = &[
        ("", "endpoints"),
        ("", "services"),
        ("", "services/status"),
        ("discovery.k8s.io", "endpointslices"),
        (GATEWAY, "gateways"),
        (GATEWAY, "grpcroutes"),
        (GATEWAY, "httproutes"),
        (GATEWAY, "tcproutes"),
        (GATEWAY, "tlsroutes"),
        (GATEWAY, "udproutes"),
        ("networking.k8s.io", "ingresses"),
    ];
    find(rules, WRITE, TARGETS)
}

/// Kinds of Kubernetes itself that do not live in namespaces, where rights on them do nothing.
const CLUSTER_SCOPED: &[&str] = &[
    "apiservices",
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "customresourcedefinitions",
    "groups",
    "ingressclasses",
    "mutatingwebhookconfigurations",
    "nodes",
    "persistentvolumes",
    "priorityclasses",
    "runtimeclasses",
    "storageclasses",
    "subjectaccessreviews",
    "tokenreviews",
    "users",
    "validatingwebhookconfigurations",
];

/// Every right to change something, but for questions about oneself.
pub fn writes(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    const VERBS: &[&str] = &[
        "create",
        "update",
        "patch",
        "delete",
        "deletecollection",
        "impersonate",
        "bind",
        "escalate",
        "approve",
        "sign",
    ];
    let inert = |it: &str| {
        let kind = it.split('/').next().unwrap_or_default();
        reach == Reach::Namespace && CLUSTER_SCOPED.contains(&kind)
    };
    find_where(rules, VERBS, |_| true, |it| !it.starts_with("selfsubject") && !inert(it))
}
