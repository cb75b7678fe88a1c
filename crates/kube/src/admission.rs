//! What admission stops in a namespace: Pod Security labels, admission policies and policy engines.
//!
//! Answers have three values. An engine whose rule is not understood may stop privileged pods; it never proves
//! that they are stopped, nor that they are not.

mod cel;
pub mod engine;
pub mod force;
mod gatekeeper;
pub mod images;
mod kyverno;
#[cfg(test)]
mod tests;
mod webhooks;

use eksray_rule::Gap;

use crate::{
    inventory::{
        Kube,
        admission::{Policy, PolicyObject},
        cluster::Namespace,
        meta::{Labels, ObjectMeta},
    },
    pod_security::{Enforced, Level},
};

/// The API group of webhooks and admission policies.
pub const GROUP: &str = "admissionregistration.k8s.io";

/// A policy that can be read.
#[derive(Clone, Copy, Debug)]
pub enum PolicyRef<'a> {
    /// A ValidatingAdmissionPolicy.
    Built(&'a Policy),
    /// A Kyverno policy or a Gatekeeper constraint.
    Object(&'a PolicyObject),
}

/// Whether something stops privileged pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// By a rule that is understood: what it is.
    Stops(String),
    /// By a rule that is not understood, or only in part: what it is.
    Maybe(String),
    /// Nothing does.
    Nothing,
}

impl<'a> PolicyRef<'a> {
    /// Its metadata.
    pub fn metadata(self) -> &'a ObjectMeta {
        match self {
            Self::Built(it) => &it.metadata,
            Self::Object(it) => &it.metadata,
        }
    }
}

/// The namespace that a rule is asked about.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    labels: &'a Labels,
    /// What must be stopped: privileged pods, or all that level restricted refuses.
    level: Level,
}

/// Whether privileged pods are stopped in a namespace. What is proven stands beside what could not be read.
pub fn guard(namespace: &Namespace, kube: &Kube) -> Result<Guard, Gap> {
    if Enforced::of(&namespace.metadata.labels).level > Level::Privileged {
        let label = "pod-security.kubernetes.io/enforce";
        let level = namespace.metadata.labels.get(label).map_or("", String::as_str);
        return Ok(Guard::Stops(format!("label {label} is {level}")));
    }
    let labels = labels_of(namespace);
    let place = Place { name: &namespace.metadata.name, labels: &labels, level: Level::Baseline };
    strongest([
        cel::guard(place, kube),
        kyverno::guard(place, kube),
        gatekeeper::guard(place, kube),
        webhooks::guard(place, kube),
    ])
}

/// Whether a policy stops all that level restricted refuses. Only Kyverno names the level as a whole.
pub fn guard_restricted(namespace: &Namespace, kube: &Kube) -> Result<Guard, Gap> {
    let labels = labels_of(namespace);
    let name = &namespace.metadata.name;
    kyverno::guard(Place { name, labels: &labels, level: Level::Restricted }, kube)
}

/// A namespace's labels, with the one that the API server sets on every namespace.
pub fn labels_of(namespace: &Namespace) -> Labels {
    let mut labels = namespace.metadata.labels.clone();
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.metadata.name.clone());
    labels
}

/// Whether the cluster has any policy that denies anything: proof of an engine in use.
pub fn enforces_anything(kube: &Kube) -> Result<Guard, Gap> {
    strongest([
        cel::enforcing(kube),
        kyverno::enforcing(kube),
        gatekeeper::enforcing(kube),
        webhooks::other_engine(kube),
    ])
}

fn strongest(answers: impl IntoIterator<Item = Result<Guard, Gap>>) -> Result<Guard, Gap> {
    let (mut best, mut unread) = (Guard::Nothing, None);
    for answer in answers {
        match answer {
            Ok(guard) => best = best.min(guard),
            Err(gap) => unread = unread.or(Some(gap)),
        }
    }
    match (best, unread) {
        (best @ Guard::Stops(_), _) | (best, None) => Ok(best),
        (_, Some(gap)) => Err(gap),
    }
}

/// Whether a text names the field `privileged`; `allowPrivilegeEscalation` is another one.
fn names_privileged(text: &str) -> bool {
    text.contains("privileged")
}

/// A rule that names the field: understood when it looks at init containers too, which run first and need it least.
fn by_text(rule: String, text: &str) -> Guard {
    match text {
        _ if !names_privileged(text) => Guard::Nothing,
        _ if text.contains("initContainers") => Guard::Stops(rule),
        _ => Guard::Maybe(format!("{rule}, which does not name initContainers")),
    }
}

/// A guard that something narrows is no proof.
fn narrowed(guard: Guard, by: &str) -> Guard {
    match guard {
        Guard::Stops(rule) => Guard::Maybe(format!("{rule}, narrowed by {by}")),
        other => other,
    }
}

/// `*` anywhere and `?`, as Kyverno and Gatekeeper write names.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(it) if *it == b'?' || *it == name[from] => {
                at += 1;
                from += 1;
            }
            // The last `*` takes one more byte.
            _ => match star {
                None => return false,
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    from = taken + 1;
                }
            },
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}
