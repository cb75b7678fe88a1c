//! Who may do what: bindings resolved to the rights that they give.

use std::collections::BTreeMap;

use eksray_rule::{ClusterId, Gap, Subject};

use crate::inventory::{
    Kube,
    rbac::{Binding, PolicyRule, RbacSubject, Role},
};

/// The API group of RBAC objects.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// Bindings, resolved.
#[derive(Clone, Debug, Default)]
pub struct Rbac<'a> {
    /// One per subject of a binding.
    pub grants: Vec<Grant<'a>>,
    /// Bindings that could not be listed.
    pub gaps: Vec<Gap>,
}

/// What one binding gives one subject.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a Binding,
    /// Its subject; a service account without namespace has the binding's.
    pub subject: RbacSubject,
    /// The role's rules; none for a role that does not exist, a gap for one that could not be read.
    pub rules: Result<Option<&'a [PolicyRule]>, Gap>,
}

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
                    for binding in bindings {
                        rbac.grants.extend(grants(binding, &roles, &cluster_roles));
                    }
                }
            }
        }
        rbac
    }
}

type Roles<'a> = Result<BTreeMap<(&'a str, &'a str), &'a Role>, Gap>;

fn by_name<'a>(roles: Result<&'a Vec<Role>, Gap>) -> Roles<'a> {
    let key = |it: &'a Role| (it.metadata.namespace.as_str(), it.metadata.name.as_str());
    Ok(roles?.iter().map(|it| (key(it), it)).collect())
}

fn grants<'a>(
    binding: &'a Binding,
    roles: &Roles<'a>,
    cluster_roles: &Roles<'a>,
) -> impl Iterator<Item = Grant<'a>> {
    let name = binding.role_ref.name.as_str();
    let (roles, namespace) = match binding.role_ref.kind.as_str() {
        "Role" => (roles, binding.metadata.namespace.as_str()),
        _ => (cluster_roles, ""),
    };
    let rules = match roles {
        Err(gap) => Err(gap.clone()),
        Ok(roles) => Ok(roles.get(&(namespace, name)).map(|it| it.rules.as_slice())),
    };
    binding.subjects.iter().map(move |subject| {
        let mut subject = subject.clone();
        if subject.kind == "ServiceAccount" && subject.namespace.is_empty() {
            subject.namespace.clone_from(&binding.metadata.namespace);
        }
        Grant { binding, subject, rules: rules.clone() }
    })
}

impl Grant<'_> {
    /// The finding's subject: binding and RBAC subject together.
    pub fn subject_in(&self, cluster: &ClusterId) -> Subject {
        let metadata = &self.binding.metadata;
        let binding = Subject::object(
            cluster,
            GROUP,
            self.binding.kind(),
            &metadata.namespace,
            &metadata.name,
        );
        let RbacSubject { kind, name, namespace } = &self.subject;
        Subject::binding(&binding, kind, namespace, name)
    }
}
