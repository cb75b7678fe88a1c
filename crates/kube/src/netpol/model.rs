//! Policies of every kind in one form: an ordered list of rules about pods.

use crate::inventory::meta::{LabelSelector, Labels};

use super::{Answer, address::Block, selector};

/// Which way a connection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Into the pod.
    Ingress,
    /// Out of the pod.
    Egress,
}

/// A policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Kind.
    pub kind: String,
    /// Namespace; empty for policies of the whole cluster.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// When it is asked.
    pub place: Place,
    /// Pods that it is about.
    pub subject: Pods,
    /// What it says of connections into them.
    pub ingress: Says,
    /// What it says of connections out of them.
    pub egress: Says,
}

impl Policy {
    /// Kind and name, as findings write it.
    pub fn title(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }

    /// What it says of a direction.
    pub fn says(&self, direction: Direction) -> &Says {
        match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        }
    }

    pub(super) fn id(&self) -> (&str, &str, &str) {
        (&self.kind, &self.namespace, &self.name)
    }
}

/// When a policy is asked: by stage, then by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Stage.
    pub stage: Stage,
    /// Number within the stage; the smaller comes first.
    pub number: i64,
}

/// Policies of one stage are asked before those of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Denials of Cilium, which no allowance lifts.
    Denials,
    /// Policies of the administrator.
    Admin,
    /// NetworkPolicies and their like: pods that one selects get only what some rule allows.
    Ordinary,
    /// Defaults of the administrator, where no other policy selects the pod.
    Baseline,
}

/// What a policy says of a direction.
#[derive(Clone, Debug, PartialEq)]
pub enum Says {
    /// Nothing.
    Nothing,
    /// These rules, in order.
    Rules(Vec<Rule>),
    /// Something that is not understood.
    Unknown,
}

impl Says {
    /// Rules, or the admission that they are not understood.
    pub(super) fn from_option(rules: Option<Vec<Rule>>) -> Self {
        rules.map_or(Self::Unknown, Self::Rules)
    }
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// What becomes of a connection that it matches.
    pub action: Action,
    /// The other end.
    pub peers: Vec<Peer>,
    /// Ports; `None` means all.
    pub ports: Option<Vec<PortRange>>,
}

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is admitted.
    Allow,
    /// It is refused.
    Deny,
    /// The next stage decides.
    Pass,
}

/// The other end of a connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Peer {
    /// Anything.
    Everyone,
    /// Pods.
    Pods(Pods),
    /// Addresses.
    Blocks(Vec<Block>),
    /// Particular ends that selectors of pods and addresses cannot tell: domain names, nodes, Services.
    Some,
    /// Something that is not understood.
    Unknown,
}

/// Pods, by namespace and labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Pods {
    /// Namespaces.
    pub within: Within,
    /// Labels; `None` is not understood.
    pub selector: Option<LabelSelector>,
}

impl Pods {
    /// Every pod of some namespaces.
    pub(super) fn all(within: Within) -> Self {
        Self { within, selector: Some(LabelSelector::default()) }
    }
}

/// Namespaces.
#[derive(Clone, Debug, PartialEq)]
pub enum Within {
    /// One.
    Named(String),
    /// Those with labels.
    Matching(LabelSelector),
    /// Not understood.
    Unknown,
}

impl Within {
    /// All of them.
    pub(super) fn everywhere() -> Self {
        Self::Matching(LabelSelector::default())
    }

    /// Whether a namespace with these labels, where they are known, is meant.
    pub(super) fn matches(&self, namespace: &str, labels: Option<&Labels>) -> Answer {
        match (self, labels) {
            (Self::Named(name), _) => (name == namespace).into(),
            (Self::Unknown, _) => Answer::Maybe,
            (Self::Matching(it), Some(labels)) => it.matches(labels).into(),
            // Its name is a label, too.
            (Self::Matching(it), None) => selector::matches(it, &|key| match key {
                "kubernetes.io/metadata.name" => selector::Label::Is(namespace),
                _ => selector::Label::Varies,
            }),
        }
    }
}

/// Ports of one protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// `TCP`, `UDP`, `SCTP`; empty means every protocol.
    pub protocol: String,
    /// Which.
    pub ports: Ports,
}

/// Ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// From, and up to.
    Range(u16, u16),
    /// The container port of this name at the destination.
    Named(String),
    /// Not understood.
    Unknown,
}
