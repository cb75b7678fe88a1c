//! Where pods ask to run relative to each other.

use serde::{Deserialize, Serialize};

use crate::inventory::meta::{LabelSelector, null_as_default};

/// A topology spread constraint.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TopologySpreadConstraint {
    /// `topology.kubernetes.io/zone`, `kubernetes.io/hostname`, …
    pub topology_key: String,
    /// Pods that are counted; none at all counts none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
}

/// What is read of a pod's affinity.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    /// Pods to stay away from.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_anti_affinity: PodAntiAffinity,
}

/// Pods to stay away from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodAntiAffinity {
    /// Must.
    #[serde(
        rename = "requiredDuringSchedulingIgnoredDuringExecution",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub required: Vec<AffinityTerm>,
    /// Should.
    #[serde(
        rename = "preferredDuringSchedulingIgnoredDuringExecution",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub preferred: Vec<WeightedTerm>,
}

impl PodAntiAffinity {
    /// Every term, whatever its weight.
    pub fn terms(&self) -> impl Iterator<Item = &AffinityTerm> {
        self.required.iter().chain(self.preferred.iter().map(|it| &it.pod_affinity_term))
    }
}

/// A term with a weight.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WeightedTerm {
    /// The term.
    pub pod_affinity_term: AffinityTerm,
}

/// Pods, and the domain in which they are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AffinityTerm {
    /// `topology.kubernetes.io/zone`, `kubernetes.io/hostname`, …
    pub topology_key: String,
    /// Pods; none at all means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_selector: Option<LabelSelector>,
}
