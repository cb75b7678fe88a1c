//! From roles and bindings, as listed, to grants.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use eksray_rule::{Fetched, Gap};

use super::{Grant, Rbac, Rules, identity, power};
use crate::inventory::{
    Kube,
    rbac::{Binding, PolicyRule, RbacSubject, Role, RoleRef},
};

/// Rules by namespace and name; cluster roles have no namespace.
pub(super) type Roles<'a> = Fetched<BTreeMap<(&'a str, &'a str), Arc<Rules<'a>>>>;

impl<'a> Rbac<'a> {
    /// Resolves every binding that was read.
    pub fn resolve(kube: &'a Kube) -> Self {
        let roles = by_name(&kube.roles);
        let cluster_roles = by_name(&kube.cluster_roles);
        let mut rbac = Self { roles, cluster_roles, ..Self::default() };
        for bindings in [&kube.cluster_role_bindings, &kube.role_bindings] {
            match bindings.known() {
                Err(gap) => rbac.gaps.push(gap),
                Ok(bindings) => {
                    let grants = bindings.iter().flat_map(|it| grants(it, &rbac));
                    let grants: Vec<Grant<'_>> = grants.collect();
                    rbac.grants.extend(grants);
                }
            }
        }
        for (place, grant) in rbac.grants.iter().enumerate() {
            if let Some(key) = identity::key(&grant.subject) {
                rbac.by_subject.entry(key).or_default().push(place);
            }
            let makes = |it: &Rules<'_>| {
                !power::find(it, &["create"], &[("", "serviceaccounts")]).is_empty()
            };
            if let Ok(Some(rules)) = &grant.rules
                && makes(rules)
            {
                rbac.account_makers.push(place);
            }
        }
        rbac.privileged = identity::privileged(&rbac, kube);
        rbac
    }

    /// The rules of a role, if there is one; the namespace counts for a Role only.
    pub(super) fn role(
        &self,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Arc<Rules<'a>>>, Gap> {
        let (roles, namespace) = match kind {
            "Role" => (&self.roles, namespace),
            _ => (&self.cluster_roles, ""),
        };
        Ok(roles.known()?.get(&(namespace, name)).cloned())
    }
}

fn by_name<'a>(roles: &'a Fetched<Vec<Role>>) -> Roles<'a> {
    let roles = roles.known().map(|roles| {
        let key = |it: &'a Role| (it.metadata.namespace.as_str(), it.metadata.name.as_str());
        roles.iter().map(|it| (key(it), effective(it, roles))).collect()
    });
    roles.into()
}

/// The rules that the controller wrote, or would write, into an aggregated role.
fn effective<'a>(role: &'a Role, all: &'a [Role]) -> Arc<Rules<'a>> {
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
    Arc::new(rules.into_iter().collect())
}

fn grants<'a>(binding: &'a Binding, rbac: &Rbac<'a>) -> Vec<Grant<'a>> {
    let RoleRef { kind, name } = &binding.role_ref;
    let given = rbac.role(kind, &binding.metadata.namespace, name);
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
