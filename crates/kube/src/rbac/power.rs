//! What rights are worth: the combinations that lead to more than they say.
//!
//! Each finder returns the rights that prove it, one resource per entry, and nothing where there are none.
//! Finders whose resources are cluster-scoped are for rules that apply everywhere: see [`Reach`].

use std::collections::BTreeMap;

use super::request::{Objects, Request, allows, objects};
use crate::inventory::rbac::PolicyRule;

/// A resource: group and name.
pub type Target = (&'static str, &'static str);

/// Where rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Everywhere, cluster-scoped resources included.
    Cluster,
    /// In one namespace.
    Namespace,
}

/// What makes an identity equivalent to an administrator where its rights apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named as the finders below")]
pub enum Power {
    Everything,
    CreatesPods,
    ExecutesInPods,
    NodeProxy,
    MintsTokens,
    Impersonates,
    GrantsRights,
    WritesSecrets,
    EditsMutatingWebhooks,
    EditsAwsAuth,
}

/// Kinds that run pods as any account of their namespace.
///
/// An existing Job's template is immutable, so only `create` counts for it.
const CONTROLLERS: &[Target] = &[
    ("", "replicationcontrollers"),
    ("apps", "daemonsets"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "cronjobs"),
];

/// Kinds of add-ons that run pods of a specification their author writes.
const SPAWNERS: &[Target] = &[
    ("actions.github.com", "autoscalingrunnersets"),
    ("actions.summerwind.dev", "runnerdeployments"),
    ("actions.summerwind.dev", "runners"),
    ("argoproj.io", "cronworkflows"),
    ("argoproj.io", "rollouts"),
    ("argoproj.io", "workflows"),
    ("kubeflow.org", "mpijobs"),
    ("kubeflow.org", "notebooks"),
    ("kubeflow.org", "pytorchjobs"),
    ("kubeflow.org", "tfjobs"),
    ("ray.io", "rayclusters"),
    ("ray.io", "rayjobs"),
    ("serving.knative.dev", "services"),
    ("sparkoperator.k8s.io", "scheduledsparkapplications"),
    ("sparkoperator.k8s.io", "sparkapplications"),
    ("tekton.dev", "pipelineruns"),
    ("tekton.dev", "taskruns"),
];

const RBAC_ROLES: &[Target] = &[(super::GROUP, "roles"), (super::GROUP, "clusterroles")];
const RBAC_BINDINGS: &[Target] =
    &[(super::GROUP, "rolebindings"), (super::GROUP, "clusterrolebindings")];
const WRITE: &[&str] = &["create", "update", "patch"];

/// Every verb on every resource of every group.
pub fn is_everything(rules: &[&PolicyRule]) -> bool {
    // Names that nothing has: only wildcards allow them.
    allows(rules, &Request::new("\0", "\0", "\0"))
}

/// Reads Secrets; `list` and `watch` return their contents.
pub fn reads_secrets(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    find(rules, &["get", "list", "watch"], &[("", "secrets")])
}

/// Writes Secrets: a token of any account of the namespace can be asked for with one.
pub fn writes_secrets(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    find(rules, WRITE, &[("", "secrets")])
}

/// Runs pods, by itself or through a controller.
pub fn creates_pods(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    let mut found = find(rules, &["create"], &[("", "pods"), ("batch", "jobs")]);
    found.extend(find(rules, WRITE, CONTROLLERS));
    found.extend(find(rules, WRITE, SPAWNERS));
    found
}

/// Runs commands in running pods, or swaps their images. `minor` is the API server's: before 1.35
/// `get` opens the WebSocket form of a session, and an unknown version counts as an old one.
pub fn executes_in_pods(rules: &[&PolicyRule], minor: Option<u32>) -> Vec<PolicyRule> {
    let verbs: &[&str] = match minor {
        Some(35..) => &["create"],
        _ => &["create", "get"],
    };
    let mut found = find(rules, verbs, &[("", "pods/exec"), ("", "pods/attach")]);
    let targets = [("", "pods"), ("", "pods/ephemeralcontainers")];
    found.extend(find(rules, &["update", "patch"], &targets));
    found
}

/// Reaches the kubelet's API, which runs commands in every pod of a node.
pub fn node_proxy(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    find(rules, &["get", "create"], &[("", "nodes/proxy")])
}

/// Asks for tokens of service accounts.
pub fn mints_tokens(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    find(rules, &["create"], &[("", "serviceaccounts/token")])
}

/// Acts as somebody else. Users and groups are cluster-scoped, service accounts are not.
pub fn impersonates(rules: &[&PolicyRule], reach: Reach) -> Vec<PolicyRule> {
    let targets: &[Target] = match reach {
        Reach::Namespace => &[("", "serviceaccounts")],
        Reach::Cluster => &[
            ("", "users"),
            ("", "groups"),
            ("", "serviceaccounts"),
            ("authentication.k8s.io", "uids"),
        ],
    };
    find(rules, &["impersonate"], targets)
}

/// Gives itself rights that it lacks: `bind` or `escalate`, each with the write it needs. Writing roles or
/// bindings alone does not: the API server refuses rights that the author does not have.
pub fn grants_rights(rules: &[&PolicyRule], reach: Reach) -> Vec<PolicyRule> {
    let scope = |all: &'static [Target]| match reach {
        Reach::Cluster => all,
        Reach::Namespace => &all[..1],
    };
    let bindings = find(rules, WRITE, scope(RBAC_BINDINGS));
    let mut found = Vec::new();
    if !bindings.is_empty() {
        // A RoleBinding may refer to a ClusterRole, so both are worth binding in a namespace too.
        found.extend(find(rules, &["bind"], RBAC_ROLES));
    }
    let widened = find(rules, &["update", "patch"], scope(RBAC_ROLES));
    if !widened.is_empty() {
        found.extend(find(rules, &["escalate"], scope(RBAC_ROLES)));
    }
    found
}

/// Changes every pod as it is created.
pub fn edits_mutating_webhooks(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    let target = [("admissionregistration.k8s.io", "mutatingwebhookconfigurations")];
    find(rules, WRITE, &target)
}

/// Maps AWS principals to Kubernetes identities, where the cluster still reads `aws-auth`. For rules that apply
/// in `kube-system`.
pub fn edits_aws_auth(rules: &[&PolicyRule]) -> Vec<PolicyRule> {
    let mut found = find(rules, &["update", "patch"], &[("", "configmaps")]);
    found.retain(|it| {
        it.resource_names.is_empty() || it.resource_names.iter().any(|it| it == "aws-auth")
    });
    found.extend(find(rules, &["create"], &[("", "configmaps")]));
    found
}

/// Every power that rules give where they apply; rights limited to named objects give none here.
pub fn powers(rules: &[&PolicyRule], reach: Reach, minor: Option<u32>) -> Vec<Power> {
    let cluster = |found: Vec<PolicyRule>| match reach {
        Reach::Cluster => found,
        Reach::Namespace => Vec::new(),
    };
    let found = [
        (Power::CreatesPods, creates_pods(rules)),
        (Power::ExecutesInPods, executes_in_pods(rules, minor)),
        (Power::NodeProxy, cluster(node_proxy(rules))),
        (Power::MintsTokens, mints_tokens(rules)),
        (Power::Impersonates, impersonates(rules, reach)),
        (Power::GrantsRights, grants_rights(rules, reach)),
        (Power::WritesSecrets, writes_secrets(rules)),
        (Power::EditsMutatingWebhooks, cluster(edits_mutating_webhooks(rules))),
        (Power::EditsAwsAuth, edits_aws_auth(rules)),
    ];
    let strong = |power: Power, it: &PolicyRule| {
        let names = &it.resource_names;
        let masters = power == Power::Impersonates && names.iter().any(|it| it == "system:masters");
        names.is_empty() || power == Power::EditsAwsAuth || masters
    };
    let mut powers: Vec<Power> = found
        .into_iter()
        .filter(|(power, rights)| rights.iter().any(|it| strong(*power, it)))
        .map(|(power, _)| power)
        .collect();
    if is_everything(rules) {
        powers.insert(0, Power::Everything);
    }
    powers
}

/// The rights that rules give out of verbs × targets, one entry per target and set of objects.
pub fn find(rules: &[&PolicyRule], verbs: &[&str], targets: &[Target]) -> Vec<PolicyRule> {
    let mut found = Vec::new();
    for (group, resource) in targets {
        let mut by_objects = BTreeMap::<Objects<'_>, Vec<String>>::new();
        for verb in verbs {
            let objects = objects(rules, verb, group, resource);
            by_objects.entry(objects).or_default().push((*verb).to_owned());
        }
        by_objects.remove(&Objects::None);
        found.extend(by_objects.into_iter().map(|(objects, verbs)| PolicyRule {
            verbs,
            api_groups: vec![(*group).to_owned()],
            resources: vec![(*resource).to_owned()],
            resource_names: match objects {
                Objects::Named(names) => names.into_iter().map(str::to_owned).collect(),
                _ => Vec::new(),
            },
            non_resource_urls: Vec::new(),
        }));
    }
    found
}

/// A right in words: `get, list on secrets`, `update on daemonsets.apps named kured`.
pub fn describe(right: &PolicyRule) -> String {
    let groups = &right.api_groups;
    let core = |it: &String| if it.is_empty() { "\"\"".to_owned() } else { it.clone() };
    let resources = right.resources.join(", ");
    let verbs = right.verbs.join(", ");
    let mut text = match groups.as_slice() {
        [group] if group.is_empty() => format!("{verbs} on {resources}"),
        [group] if right.resources.len() == 1 && group != "*" => {
            format!("{verbs} on {resources}.{group}")
        }
        groups => {
            let groups: Vec<String> = groups.iter().map(core).collect();
            format!("{verbs} on {resources} of groups {}", groups.join(", "))
        }
    };
    if !right.resource_names.is_empty() {
        text.push_str(" named ");
        text.push_str(&right.resource_names.join(", "));
    }
    text
}
