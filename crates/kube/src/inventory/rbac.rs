//! Roles and bindings as the API has them; `crate::rbac` resolves them.

use serde::{Deserialize, Serialize};

use super::meta::{LabelSelector, ObjectMeta, named, null_as_default};

/// A Role or a ClusterRole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Rules.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rules: Vec<PolicyRule>,
    /// Roles that the controller merges into this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregation_rule: Option<AggregationRule>,
}

/// A rule of a role.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyRule {
    /// Verbs.
    #[serde(deserialize_with = "null_as_default")]
    pub verbs: Vec<String>,
    /// Groups; the legacy group is the empty string.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub api_groups: Vec<String>,
    /// Resources, subresources behind a slash.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// Names; empty means all.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub resource_names: Vec<String>,
    /// Paths outside resources.
    #[serde(
        default,
        rename = "nonResourceURLs",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub non_resource_urls: Vec<String>,
}

/// Which roles the controller merges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AggregationRule {
    /// Any of these.
    #[serde(deserialize_with = "null_as_default")]
    pub cluster_role_selectors: Vec<LabelSelector>,
}

/// A RoleBinding or a ClusterRoleBinding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// Metadata; no namespace means everywhere.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// What is granted.
    pub role_ref: RoleRef,
    /// To whom.
    #[serde(default, deserialize_with = "null_as_default")]
    pub subjects: Vec<RbacSubject>,
}

impl Binding {
    /// Whether it grants everywhere.
    pub fn is_cluster_wide(&self) -> bool {
        self.metadata.namespace.is_empty()
    }

    /// `ClusterRoleBinding` or `RoleBinding`.
    pub fn kind(&self) -> &'static str {
        if self.is_cluster_wide() { "ClusterRoleBinding" } else { "RoleBinding" }
    }
}

/// The role of a binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RoleRef {
    /// `ClusterRole` or `Role`.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// A subject of a binding.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RbacSubject {
    /// `ServiceAccount`, `User` or `Group`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Namespace of a service account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub namespace: String,
}
