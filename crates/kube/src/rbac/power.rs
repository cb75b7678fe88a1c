//! What rights are worth: the combinations that lead to more than they say.
//!
//! Each finder returns the rights that prove it, one resource per entry, and nothing where there are none.
//! Finders whose resources are cluster-scoped are for rules that apply everywhere: see [`Reach`].

use std::{collections::BTreeMap, fmt};

use super::{
    Rules,
    request::{Objects, Request, allows, objects},
};
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
    EditsMutatingPolicies,
    EditsAwsAuth,
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Everything => "may do everything",
            Self::CreatesPods => "starts pods",
            Self::ExecutesInPods => "runs commands in pods",
            Self::NodeProxy => "reaches the kubelet API",
            Self::MintsTokens => "asks for tokens of accounts",
            Self::Impersonates => "impersonates others",
            Self::GrantsRights => "grants itself rights",
            Self::WritesSecrets => "writes Secrets",
            Self::EditsMutatingWebhooks => "edits mutating webhooks",
            Self::EditsMutatingPolicies => "edits mutating admission policies",
            Self::EditsAwsAuth => "edits ConfigMap aws-auth",
        })
    }
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

const AUTHENTICATION: &str = "authentication.k8s.io";
const RBAC_ROLES: &[Target] = &[(super::GROUP, "roles"), (super::GROUP, "clusterroles")];
const RBAC_BINDINGS: &[Target] =
    &[(super::GROUP, "rolebindings"), (super::GROUP, "clusterrolebindings")];
/// Verbs that change what an object says.
pub(super) const WRITE: &[&str] = &["create", "update", "patch"];

/// Every verb on every resource of every group.
pub fn is_everything(rules: &Rules<'_>) -> bool {
    // Names that nothing has: only wildcards allow them.
    allows(rules, &Request::new("\0", "\0", "\0"))
}

/// Reads Secrets; `list` and `watch` return their contents.
pub fn reads_secrets(rules: &Rules<'_>) -> Vec<PolicyRule> {
    find(rules, &["get", "list", "watch"], &[("", "secrets")])
}

/// Writes Secrets: a token of any account of the namespace can be asked for with one.
pub fn writes_secrets(rules: &Rules<'_>) -> Vec<PolicyRule> {
    find(rules, WRITE, &[("", "secrets")])
}

/// Runs pods, by itself or through a controller.
pub fn creates_pods(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let mut found = find(rules, &["create"], &[("", "pods"), ("batch", "jobs")]);
    found.extend(find(rules, WRITE, CONTROLLERS));
    found.extend(find(rules, WRITE, SPAWNERS));
    found
}

/// Runs commands in running pods, or swaps their images. `minor` is the API server's; see [`session_verbs`].
pub fn executes_in_pods(rules: &Rules<'_>, minor: Option<u32>) -> Vec<PolicyRule> {
    let sessions = [("", "pods/exec"), ("", "pods/attach")];
    let mut found = find(rules, session_verbs(minor), &sessions);
    let targets = [("", "pods"), ("", "pods/ephemeralcontainers")];
    found.extend(find(rules, &["update", "patch"], &targets));
    found
}

/// Opens connections to ports of pods.
pub fn forwards_ports(rules: &Rules<'_>, minor: Option<u32>) -> Vec<PolicyRule> {
    find(rules, session_verbs(minor), &[("", "pods/portforward")])
}

/// The verbs that open a session with a pod: before 1.35 `get` opens its WebSocket form, and an unknown version
/// counts as an old one.
fn session_verbs(minor: Option<u32>) -> &'static [&'static str] {
    match minor {
        Some(35..) => &["create"],
        _ => &["create", "get"],
    }
}

/// Reaches the kubelet's API, which runs commands in every pod of a node.
pub fn node_proxy(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    match reach {
        Reach::Cluster => find(rules, &["get", "create"], &[("", "nodes/proxy")]),
        Reach::Namespace => Vec::new(),
    }
}

/// Asks for tokens of service accounts.
pub fn mints_tokens(rules: &Rules<'_>) -> Vec<PolicyRule> {
    find(rules, &["create"], &[("", "serviceaccounts/token")])
}

/// Acts as somebody else. Users and groups are cluster-scoped, service accounts are not.
pub fn impersonates(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    const TARGETS: &[Target] = &[
        ("", "serviceaccounts"),
        ("", "groups"),
        ("", "users"),
        (AUTHENTICATION, "uids"),
        (AUTHENTICATION, "userextras"),
    ];
    let verbs = &["impersonate"];
    let mut found =
        find(rules, verbs, if reach == Reach::Cluster { TARGETS } else { &TARGETS[..1] });
    if reach == Reach::Cluster {
        // Each key of the extra fields is a subresource of its own.
        let is_key = |it: &str| it.strip_prefix("userextras/").is_some_and(|key| key != "*");
        found.extend(find_where(rules, verbs, |group| group == AUTHENTICATION, is_key));
    }
    found
}

/// Gives itself rights that it lacks: `bind`, or `escalate` with the write that it needs. Writing roles or bindings
/// alone does not: the API server refuses rights that the author does not have.
pub fn grants_rights(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    // A RoleBinding may refer to a ClusterRole, so both are worth binding in a namespace too.
    let mut found = find(rules, &["bind"], RBAC_ROLES);
    let targets = if reach == Reach::Cluster { RBAC_ROLES } else { &RBAC_ROLES[..1] };
    if !find(rules, &["update", "patch"], targets).is_empty() {
        found.extend(find(rules, &["escalate"], targets));
    }
    found
}

/// Hands on what it has: writes bindings. The API server refuses to bind more than the author has.
pub fn writes_bindings(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    find(rules, WRITE, if reach == Reach::Cluster { RBAC_BINDINGS } else { &RBAC_BINDINGS[..1] })
}

/// Changes every pod as it is created.
pub fn edits_mutating_webhooks(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let target = [("admissionregistration.k8s.io", "mutatingwebhookconfigurations")];
    find(rules, WRITE, &target)
}

/// Does the same with an expression in place of a webhook, served by default from 1.36 on. A policy acts where it is
/// bound: to make one takes the right to bind it, an old one may be bound already.
pub fn edits_mutating_policies(rules: &Rules<'_>, minor: Option<u32>) -> Vec<PolicyRule> {
    const GROUP: &str = "admissionregistration.k8s.io";
    if minor.is_some_and(|it| it < 36) {
        return Vec::new();
    }
    let policies = [(GROUP, "mutatingadmissionpolicies")];
    let bindings = find(rules, WRITE, &[(GROUP, "mutatingadmissionpolicybindings")]);
    let verbs = if bindings.is_empty() { &WRITE[1..] } else { WRITE };
    find(rules, verbs, &policies)
}

/// Maps AWS principals to Kubernetes identities, where the cluster still reads `aws-auth`. For rules that apply
/// in `kube-system`.
pub fn edits_aws_auth(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let mut found = find(rules, &["update", "patch"], &[("", "configmaps")]);
    found.retain(|it| {
        it.resource_names.is_empty() || it.resource_names.iter().any(|it| it == "aws-auth")
    });
    found.extend(find(rules, &["create"], &[("", "configmaps")]));
    found
}

/// Every power that rules give where they apply; rights limited to named objects give none here.
pub fn powers(rules: &Rules<'_>, reach: Reach, minor: Option<u32>) -> Vec<Power> {
    let cluster = |found: Vec<PolicyRule>| match reach {
        Reach::Cluster => found,
        Reach::Namespace => Vec::new(),
    };
    let found = [
        (Power::CreatesPods, creates_pods(rules)),
        (Power::ExecutesInPods, executes_in_pods(rules, minor)),
        (Power::NodeProxy, node_proxy(rules, reach)),
        (Power::MintsTokens, mints_tokens(rules)),
        (Power::Impersonates, impersonates(rules, reach)),
        (Power::GrantsRights, grants_rights(rules, reach)),
        (Power::WritesSecrets, writes_secrets(rules)),
        (Power::EditsMutatingWebhooks, cluster(edits_mutating_webhooks(rules))),
        (Power::EditsMutatingPolicies, cluster(edits_mutating_policies(rules, minor))),
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
pub fn find(rules: &Rules<'_>, verbs: &[&str], targets: &[Target]) -> Vec<PolicyRule> {
    let mut found = Vec::new();
    for (group, resource) in targets {
        if rules.about(resource).next().is_none() {
            continue;
        }
        let mut by_objects = BTreeMap::<Objects<'_>, Vec<String>>::new();
        for verb in verbs {
            let objects = objects(rules, verb, group, resource);
            if !objects.is_none() {
                by_objects.entry(objects).or_default().push((*verb).to_owned());
            }
        }
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

/// The rights that rules spell out on resources that no list of ours names: those of a group that add-ons fill, the
/// keys of a map.
pub fn find_where(
    rules: &Rules<'_>,
    verbs: &[&str],
    group: impl Fn(&str) -> bool,
    resource: impl Fn(&str) -> bool,
) -> Vec<PolicyRule> {
    let part = |rule: &PolicyRule| {
        let mut part = rule.clone();
        part.api_groups.retain(|it| group(it));
        part.resources.retain(|it| resource(it));
        if part.verbs.iter().any(|it| it == "*") {
            part.verbs = verbs.iter().map(|it| (*it).to_owned()).collect();
        }
        let nameless = |verb: &str| matches!(verb, "create" | "deletecollection");
        let named = !part.resource_names.is_empty();
        part.verbs.retain(|it| verbs.contains(&it.as_str()) && !(named && nameless(it)));
        part.non_resource_urls.clear();
        let empty =
            part.verbs.is_empty() || part.api_groups.is_empty() || part.resources.is_empty();
        (!empty).then_some(part)
    };
    rules.iter().filter_map(part).collect()
}

/// A rule in words, one about paths included.
pub fn say(rule: &PolicyRule) -> String {
    if rule.non_resource_urls.is_empty() {
        return describe(rule);
    }
    format!("{} on {}", rule.verbs.join(", "), first_five(&rule.non_resource_urls))
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
        text.push_str(&first_five(&right.resource_names));
    }
    text
}

/// The first five of many, and how many more there are.
pub fn first_five(names: &[String]) -> String {
    let text = names[..names.len().min(5)].join(", ");
    match names.len().checked_sub(5) {
        None | Some(0) => text,
        Some(more) => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verbs: &[&str], of_bindings: &[&str], minor: Option<u32>) -> bool {
        let rule = |resource: &str, verbs: &[&str]| PolicyRule {
            verbs: verbs.iter().copied().map(str::to_owned).collect(),
            api_groups: vec!["admissionregistration.k8s.io".to_owned()],
            resources: vec![resource.to_owned()],
            ..PolicyRule::default()
        };
        let rules = [
            rule("mutatingadmissionpolicies", verbs),
            rule("mutatingadmissionpolicybindings", of_bindings),
        ];
        powers(&rules.iter().collect(), Reach::Cluster, minor)
            .contains(&Power::EditsMutatingPolicies)
    }

    #[test]
    fn a_mutating_policy_that_is_made_takes_a_binding() {
        assert!(found(&["patch"], &[], Some(36)));
        assert!(found(&["create"], &["create"], None));
        assert!(!found(&["create", "get"], &["get"], None));
        assert!(!found(&[], &["create"], None));
        assert!(!found(&["patch"], &["create"], Some(35)));
    }
}
