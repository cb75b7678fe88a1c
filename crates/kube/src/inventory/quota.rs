//! What namespaces may take, and what their containers get unasked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::meta::{ObjectMeta, named, null_as_default};

/// A ResourceQuota.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ResourceQuota {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    #[serde(default, deserialize_with = "null_as_default")]
    pub spec: QuotaSpec,
}

/// What a quota has to limit so that a namespace cannot starve the others.
const LIMITS: &[&str] = &[
    "count/pods",
    "cpu",
    "limits.cpu",
    "limits.memory",
    "memory",
    "pods",
    "requests.cpu",
    "requests.memory",
];

/// Scopes that leave ordinary pods in.
const ORDINARY: &[&str] = &["NotBestEffort", "NotTerminating"];

impl ResourceQuota {
    /// Whether it limits what ordinary pods take together.
    pub fn limits_pods(&self) -> bool {
        self.spec.scope_selector.is_null()
            && self.spec.scopes.iter().all(|it| ORDINARY.contains(&it.as_str()))
            && self.spec.hard.keys().any(|it| LIMITS.contains(&it.as_str()))
    }
}

/// A quota's specification.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct QuotaSpec {
    /// Limits by resource: `requests.cpu`, `pods`, …
    #[serde(deserialize_with = "null_as_default")]
    pub hard: BTreeMap<String, Value>,
    /// Pods it counts: `BestEffort`, `NotTerminating`, …; none means all.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// The same, by priority class.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub scope_selector: Value,
}
