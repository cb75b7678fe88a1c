//! From roles and bindings, as listed, to grants.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::Gap;

use super::{Grant, Rbac, Rules};
use crate::inventory::{
    Kube,
    rbac::{Binding, PolicyRule, RbacSubject, Role},
};

/// Rules by namespace and name; cluster roles have no namespace.
type Roles<'a> = Result<BTreeMap<(&'a str, &'a str), Rules<'a>>, Gap>;

impl<'a> Rbac<'a> {
    /// Resolves every binding that was read.
    pub fn resolve(kube: &'a Kube) -> Self {
        let mut rbac = Self::default();
        let roles = by_name(kube.roles.known());
        let cluster_roles = by_name(kube.cluster_roles.known());
        for bindings in [&kube.cluster_role_bindings, &kube.role_bindings] {
            match bindings.known() {
                Err(gap) => rbac.gaps.push(gap),
                Ok(bindings) => {
                    let grants = bindings.iter().flat_map(|it| grants(it, &roles, &cluster_roles));
                    rbac.grants.extend(grants);
                }
            }
        }
        rbac.privileged = super::identity::privileged(&rbac, kube);
        rbac
    }
}

fn by_name<'a>(roles: Result<&'a Vec<Role>, Gap>) -> Roles<'a> {
    let roles = roles?;
    let key = |it: &'a Role| (it.metadata.namespace.as_str(), it.metadata.name.as_str());
    Ok(roles.iter().map(|it| (key(it), effective(it, roles))).collect())
}

/// The rules that the controller wrote, or would write, into an aggregated role.
fn effective<'a>(role: &'a Role, all: &'a [Role]) -> Rules<'a> {
    let mut rules: Vec<&PolicyRule> = Vec::new();
    let mut visited = BTreeSet::new();
    let mut open = vec![role];
    while let Some(role) = open.pop() {
        if !visited.insert(&role.metadata.name) {
            continue;
        }
        if let (true, Some(aggregation)) = (role.rules.is_empty(), &role.aggregation_rule) {
            let selectors = &aggregation.cluster_role_selectors;
            let selected =
                all.iter().filter(|it| selectors.iter().any(|s| s.matches(&it.metadata.labels)));
            open.extend(selected);
        }
        rules.extend(&role.rules);
    }
    rules.into()
}

fn grants<'a>(
    binding: &'a Binding,
    roles: &Roles<'a>,
    cluster_roles: &Roles<'a>,
) -> Vec<Grant<'a>> {
    let name = binding.role_ref.name.as_str();
    let (known, namespace) = match binding.role_ref.kind.as_str() {
        "Role" => (roles, binding.metadata.namespace.as_str()),
        _ => (cluster_roles, ""),
    };
    let given = match known {
        Err(gap) => Err(gap.clone()),
        Ok(known) => Ok(known.get(&(namespace, name)).cloned()),
    };
    let subjects: BTreeSet<RbacSubject> =
        binding.subjects.iter().map(|it| complete(it, &binding.metadata.namespace)).collect();
    subjects.into_iter().map(|subject| Grant { binding, subject, rules: given.clone() }).collect()
}

/// A service account without namespace is one of the binding's; users and groups have none.
fn complete(subject: &RbacSubject, namespace: &str) -> RbacSubject {
    let mut subject = subject.clone();
    match subject.kind.as_str() {
        "ServiceAccount" if subject.namespace.is_empty() => {
            namespace.clone_into(&mut subject.namespace);
        }
        "ServiceAccount" => (),
        _ => subject.namespace.clear(),
    }
    subject
}
