//! Who may do what: bindings resolved to the rights that they give.
//!
//! Matching is in [`request`], what rights are worth in [`power`], who has them by design in [`catalogue`].

pub mod catalogue;
pub mod identity;
pub mod power;
pub mod request;
mod resolve;

#[cfg(test)]
mod oracle;

use std::{collections::BTreeSet, sync::Arc};

use eksray_rule::{ClusterId, Gap, Subject};

use crate::inventory::rbac::{Binding, PolicyRule, RbacSubject};
use request::{Request, allows};

/// The API group of RBAC objects.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// Bindings, resolved.
#[derive(Clone, Debug, Default)]
pub struct Rbac<'a> {
    /// One per subject of a binding; a subject that a binding names twice counts once.
    pub grants: Vec<Grant<'a>>,
    /// Bindings that could not be listed.
    pub gaps: Vec<Gap>,
    /// Namespaces proven to be privileged, and what kept others from being proven.
    privileged: (BTreeSet<&'a str>, Option<Gap>),
}

/// Rules of a role, those of the roles that it aggregates included.
pub type Rules<'a> = Arc<[&'a PolicyRule]>;

/// What one binding gives one subject.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a Binding,
    /// Its subject; a service account without namespace has the binding's.
    pub subject: RbacSubject,
    /// The role's rules; none for a role that does not exist, a gap for one that could not be read.
    pub rules: Result<Option<Rules<'a>>, Gap>,
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

    /// Whether the binding gives rights everywhere; otherwise only in its own namespace, where rules about
    /// cluster-scoped resources and URLs do nothing.
    pub fn is_cluster_wide(&self) -> bool {
        self.binding.is_cluster_wide()
    }

    /// Whether the grant applies to requests in a namespace (`""`: cluster-scoped, or all namespaces together).
    pub fn reaches(&self, namespace: &str) -> bool {
        self.is_cluster_wide() || self.binding.metadata.namespace == namespace
    }

    /// Whether this grant alone allows a request.
    pub fn can(&self, request: &Request<'_>) -> Result<bool, Gap> {
        if !self.reaches(request.namespace) {
            return Ok(false);
        }
        let rules = self.rules.as_ref().map_err(Gap::clone)?;
        Ok(rules.as_ref().is_some_and(|rules| allows(rules, request)))
    }
}
