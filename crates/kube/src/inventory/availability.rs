//! What keeps pods running: disruption budgets, limits of a namespace, classes and the metrics of autoscalers.

use serde::{Deserialize, Serialize};

use super::{
    meta::{LabelSelector, ObjectMeta, named, null_as_default},
    pod::resources::Amounts,
    workload::IntOrString,
};

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodDisruptionBudget {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: DisruptionSpec,
}

/// A disruption budget's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DisruptionSpec {
    /// Pods that must stay, number or percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_available: Option<IntOrString>,
    /// Pods that may be away, number or percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// Pods of its namespace; an empty selector means all, none at all means none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// `IfHealthyBudget` or `AlwaysAllow`; empty means the former.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub unhealthy_pod_eviction_policy: String,
}

/// A LimitRange.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRange {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: LimitRangeSpec,
}

impl LimitRange {
    /// Whether containers that name no requests or limits get some; the most is the default limit, too.
    pub fn has_defaults(&self) -> bool {
        self.spec.limits.iter().any(|it| {
            let given = [&it.default, &it.default_request, &it.max, &it.min];
            it.type_ == "Container" && given.iter().any(|it| !it.is_empty())
        })
    }
}

/// A limit range's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitRangeSpec {
    /// Limits by type of object.
    #[serde(deserialize_with = "null_as_default")]
    pub limits: Vec<LimitRangeItem>,
}

/// Limits of one type of object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitRangeItem {
    /// `Container`, `Pod` or `PersistentVolumeClaim`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Limits of containers that name none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub default: Amounts,
    /// Requests of containers that name none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub default_request: Amounts,
    /// The most; also the default limit where there is none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub max: Amounts,
    /// The least; also the default request where there is none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub min: Amounts,
}

/// A cluster-wide object of which rules only ask whether it exists: a priority class, a runtime class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
}
