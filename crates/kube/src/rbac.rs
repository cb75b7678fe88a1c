//! Who may do what: bindings resolved to the rights that they give.
//!
//! Matching is in [`request`], what rights are worth in [`power`], [`edits`] and [`orders`], who has them by design in [`catalogue`];
//! `docs/rbac.md` tells it as a whole.

pub mod catalogue;
pub mod edits;
pub mod identity;
pub mod orders;
pub mod power;
pub mod request;
mod resolve;
mod rules;

#[cfg(test)]
mod oracle;

pub use rules::Rules;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use eksray_rule::{ClusterId, Gap, Subject};

use crate::inventory::rbac::{Binding, RbacSubject};
use power::Reach;
use request::{Request, allows, allows_url};

/// The API group of RBAC objects.
pub const GROUP: &str = "rbac.authorization.k8s.io";

/// Bindings, resolved.
#[derive(Clone, Debug, Default)]
pub struct Rbac<'a> {
    /// One per subject of a binding; a subject that a binding names twice counts once.
    pub grants: Vec<Grant<'a>>,
    /// Bindings that could not be listed.
    pub gaps: Vec<Gap>,
    roles: resolve::Roles<'a>,
    cluster_roles: resolve::Roles<'a>,
    /// Places in `grants`, by the kind and the name of a user or a group.
    by_subject: BTreeMap<(&'static str, String), Vec<usize>>,
    /// Places in `grants` of those that allow to create service accounts.
    account_makers: Vec<usize>,
    /// Namespaces proven to be privileged, and what kept others from being proven.
    privileged: (BTreeSet<&'a str>, Option<Gap>),
}

/// What one binding gives one subject.
#[derive(Clone, Debug)]
pub struct Grant<'a> {
    /// The binding.
    pub binding: &'a Binding,
    /// Its subject; a service account without namespace has the binding's.
    pub subject: RbacSubject,
    /// The rules of the role and of those that it aggregates; none for a role that does not exist, a gap for one that
    /// could not be read.
    pub rules: Result<Option<Arc<Rules<'a>>>, Gap>,
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

    /// The same, as finders of rights ask it.
    pub fn reach(&self) -> Reach {
        if self.is_cluster_wide() { Reach::Cluster } else { Reach::Namespace }
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

    /// Whether this grant alone allows a verb on a path outside resources.
    pub fn can_url(&self, verb: &str, path: &str) -> Result<bool, Gap> {
        if !self.is_cluster_wide() {
            return Ok(false);
        }
        let rules = self.rules.as_ref().map_err(Gap::clone)?;
        Ok(rules.as_ref().is_some_and(|rules| allows_url(rules, verb, path)))
    }
}
