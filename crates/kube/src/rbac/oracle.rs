//! The engine against a second authorizer that shares no code with it: it writes out every request of a small
//! world that each binding allows, and answers by looking it up.

use std::collections::BTreeSet;

use eksray_rule::Fetched;
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    Rbac,
    identity::Identity,
    power::{Reach, powers},
    request::Request,
};
use crate::inventory::{
    Kube,
    cluster::ServiceAccount,
    meta::{LabelSelector, Labels, ObjectMeta},
    rbac::{AggregationRule, Binding, PolicyRule, RbacSubject, Role, RoleRef},
};

const VERBS: &[&str] = &["get", "list", "create", "impersonate"];
const GROUPS: &[&str] = &["", "apps"];
const RESOURCES: &[&str] = &["pods", "pods/exec", "secrets", "users", "deployments/exec"];
const NAMES: &[&str] = &["", "a", "b"];
const NAMESPACES: &[&str] = &["", "x", "y", "kube-system"];
const ACCOUNTS: &[(&str, &str)] = &[("x", "s"), ("x", "t"), ("y", "s")];

type Allowed =
    BTreeSet<(usize, &'static str, &'static str, &'static str, &'static str, &'static str)>;

fn meta(namespace: &str, name: &str) -> ObjectMeta {
    ObjectMeta { namespace: namespace.to_owned(), name: name.to_owned(), ..ObjectMeta::default() }
}

/// The accounts, then a user of group `dev`.
fn identities() -> Vec<Identity> {
    let accounts =
        ACCOUNTS.iter().map(|(namespace, name)| Identity::service_account(namespace, name));
    accounts.chain([Identity::user("bob", &["dev"])]).collect()
}

/// Which of [`identities`] a subject means, by hand.
fn members(subject: &RbacSubject, namespace: &str) -> Vec<usize> {
    let RbacSubject { kind, name, namespace: own } = subject;
    match (kind.as_str(), name.as_str()) {
        ("Group", "system:authenticated") => vec![0, 1, 2, 3],
        ("Group", "system:serviceaccounts") => vec![0, 1, 2],
        ("Group", "system:serviceaccounts:x") => vec![0, 1],
        ("Group", "dev") | ("User", "bob") => vec![3],
        ("User", "system:serviceaccount:x:s") => vec![0],
        ("ServiceAccount", name) => {
            let own = if own.is_empty() { namespace } else { own };
            let found = ACCOUNTS.iter().position(|it| *it == (own, name));
            found.into_iter().collect()
        }
        _ => vec![],
    }
}

/// What a pattern stands for in this world.
fn expand(pattern: &str, world: &'static [&'static str]) -> Vec<&'static str> {
    let ends = pattern.strip_prefix('*').filter(|it| it.starts_with('/') && !it.contains('*'));
    let means = |it: &str| match ends {
        Some(end) => it.ends_with(end),
        None => pattern == "*" || pattern == it,
    };
    world.iter().copied().filter(|it| means(it)).collect()
}

fn role_rules(role: &Role, all: &[Role], depth: usize) -> Vec<PolicyRule> {
    let Some(aggregation) = role.aggregation_rule.as_ref().filter(|_| role.rules.is_empty()) else {
        return role.rules.clone();
    };
    let wanted = &aggregation.cluster_role_selectors[0].match_labels;
    let picked = all
        .iter()
        .filter(|it| wanted.iter().all(|pair| it.metadata.labels.iter().any(|it| it == pair)));
    if depth == 0 {
        return Vec::new();
    }
    picked.flat_map(|it| role_rules(it, all, depth - 1)).collect()
}

fn allowed(kube: &Kube) -> Allowed {
    let (roles, cluster_roles) = (kube.roles.known().unwrap(), kube.cluster_roles.known().unwrap());
    let mut allowed = Allowed::new();
    for list in [&kube.cluster_role_bindings, &kube.role_bindings] {
        for binding in list.known().unwrap() {
            let (reference, own) = (&binding.role_ref, &binding.metadata.namespace);
            let from = if reference.kind == "Role" { roles } else { cluster_roles };
            let role = from.iter().find(|it| {
                it.metadata.name == reference.name
                    && (reference.kind == "ClusterRole" || it.metadata.namespace == *own)
            });
            let given = role.map(|it| role_rules(it, cluster_roles, 4)).unwrap_or_default();
            for (rule, subject) in
                given.iter().flat_map(|r| binding.subjects.iter().map(move |s| (r, s)))
            {
                write_out(rule, &members(subject, own), own, &mut allowed);
            }
        }
    }
    allowed
}

fn write_out(rule: &PolicyRule, who: &[usize], own: &str, allowed: &mut Allowed) {
    let all = |patterns: &[String], world| -> Vec<&'static str> {
        patterns.iter().flat_map(|it| expand(it, world)).collect()
    };
    let selected = |it: &&&str| {
        rule.resource_names.is_empty() || rule.resource_names.iter().any(|own| own == **it)
    };
    let names: Vec<&'static str> = NAMES.iter().filter(selected).copied().collect();
    let namespaces = NAMESPACES.iter().copied().filter(|it| own.is_empty() || *it == own);
    for namespace in namespaces {
        for verb in all(&rule.verbs, VERBS) {
            for group in all(&rule.api_groups, GROUPS) {
                for resource in all(&rule.resources, RESOURCES) {
                    for name in &names {
                        allowed.extend(
                            who.iter().map(|it| (*it, verb, group, resource, *name, namespace)),
                        );
                    }
                }
            }
        }
    }
}

fn strings(values: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    vec(select(values), 0..3).prop_map(|it| it.into_iter().map(str::to_owned).collect())
}

fn rule() -> impl Strategy<Value = PolicyRule> {
    let resources = &["pods", "pods/exec", "secrets", "users", "*", "*/exec", "pods/*", "*/*"];
    (
        strings(&["get", "list", "create", "impersonate", "*"]),
        strings(&["", "apps", "*"]),
        strings(resources),
        strings(&["a"]),
    )
        .prop_map(|(verbs, api_groups, resources, resource_names)| PolicyRule {
            verbs,
            api_groups,
            resources,
            resource_names,
            non_resource_urls: Vec::new(),
        })
}

fn subject() -> impl Strategy<Value = RbacSubject> {
    let all: &[(&str, &str, &str)] = &[
        ("ServiceAccount", "s", ""),
        ("ServiceAccount", "s", "x"),
        ("ServiceAccount", "t", "x"),
        ("ServiceAccount", "s", "y"),
        ("ServiceAccount", "gone", "y"),
        ("User", "bob", ""),
        ("User", "system:serviceaccount:x:s", ""),
        ("User", "system:serviceaccount:x:*", ""),
        ("Group", "dev", ""),
        ("Group", "system:authenticated", ""),
        ("Group", "system:serviceaccounts", ""),
        ("Group", "system:serviceaccounts:x", ""),
        ("User", "dev", ""),
        ("Group", "bob", ""),
    ];
    select(all).prop_map(|(kind, name, namespace)| RbacSubject {
        kind: kind.to_owned(),
        name: name.to_owned(),
        namespace: namespace.to_owned(),
    })
}

fn binding(namespaces: &'static [&'static str]) -> impl Strategy<Value = Binding> {
    let roles = select(&["one", "two", "sum", "gone"][..]);
    (select(namespaces), select(&["Role", "ClusterRole"][..]), roles, vec(subject(), 0..3))
        .prop_map(|(namespace, kind, name, subjects)| Binding {
            metadata: meta(namespace, "b"),
            role_ref: RoleRef { kind: kind.to_owned(), name: name.to_owned() },
            subjects,
        })
}

fn world() -> impl Strategy<Value = Kube> {
    let rules = vec(vec(rule(), 0..3), 4);
    let bound = (vec(binding(&[""]), 0..3), vec(binding(&["x", "y", "kube-system"]), 0..4));
    (rules, bound, any::<bool>()).prop_map(|(rules, (mut everywhere, here), filled)| {
        let [first, second, third, fourth] = rules.try_into().unwrap();
        // The API server lets a ClusterRoleBinding refer to nothing but a ClusterRole.
        for binding in &mut everywhere {
            "ClusterRole".clone_into(&mut binding.role_ref.kind);
        }
        let labels = Labels::from([("sum".to_owned(), "true".to_owned())]);
        let selector = LabelSelector { match_labels: labels.clone(), ..LabelSelector::default() };
        let role = |namespace: &str, name: &str, rules| Role {
            metadata: meta(namespace, name),
            rules,
            aggregation_rule: None,
        };
        let mut two = role("", "two", second.clone());
        two.metadata.labels = labels.clone();
        let mut sum = role("", "sum", if filled { second } else { Vec::new() });
        sum.metadata.labels = labels;
        sum.aggregation_rule = Some(AggregationRule { cluster_role_selectors: vec![selector] });
        let account = |(namespace, name): &(&str, &str)| ServiceAccount {
            metadata: meta(namespace, name),
            ..ServiceAccount::default()
        };
        Kube {
            roles: Fetched::read(vec![role("x", "one", third), role("y", "one", fourth)]),
            cluster_roles: Fetched::read(vec![role("", "one", first), two, sum]),
            cluster_role_bindings: Fetched::read(everywhere),
            role_bindings: Fetched::read(here),
            service_accounts: Fetched::read(ACCOUNTS.iter().map(account).collect()),
            ..Kube::default()
        }
    })
}

fn answers(kube: &Kube) -> Allowed {
    let rbac = Rbac::resolve(kube);
    let mut allowed = Allowed::new();
    for (who, identity) in identities().iter().enumerate() {
        let rights = rbac.rights_of(identity);
        for verb in VERBS {
            for group in GROUPS {
                for resource in RESOURCES {
                    for name in NAMES {
                        for namespace in NAMESPACES {
                            let request = Request::new(verb, group, resource)
                                .named(name)
                                .in_namespace(namespace);
                            if rights.can(&request).unwrap() {
                                allowed.insert((who, verb, group, resource, name, namespace));
                            }
                        }
                    }
                }
            }
        }
    }
    allowed
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_engine_agrees_with_the_oracle(kube in world()) {
        prop_assert_eq!(answers(&kube), allowed(&kube));
    }

    #[test]
    fn order_does_not_matter(kube in world()) {
        let mut turned = kube.clone();
        turned.roles.known_mut().unwrap().reverse();
        turned.cluster_roles.known_mut().unwrap().reverse();
        turned.role_bindings.known_mut().unwrap().reverse();
        turned.service_accounts.known_mut().unwrap().reverse();
        for binding in turned.cluster_role_bindings.known_mut().unwrap() {
            binding.subjects.reverse();
        }
        prop_assert_eq!(answers(&kube), answers(&turned));
        let (one, other) = (Rbac::resolve(&kube), Rbac::resolve(&turned));
        prop_assert_eq!(one.privileged_namespaces(), other.privileged_namespaces());
    }

    #[test]
    fn a_namespace_is_privileged_by_an_account_in_it(kube in world()) {
        let rbac = Rbac::resolve(&kube);
        for namespace in ["x", "y"] {
            let mut accounts = ACCOUNTS.iter().filter(|it| it.0 == namespace);
            let strong = accounts.any(|(namespace, name)| {
                let rights = rbac.rights_of(&Identity::service_account(namespace, name));
                !powers(&rights.rules_in(""), Reach::Cluster, None).is_empty()
            });
            prop_assert_eq!(rbac.is_privileged(namespace), Ok(strong));
        }
    }
}
