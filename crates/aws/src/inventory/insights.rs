//! EKS answers: insights, which is what EKS noticed about a cluster.

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What EKS noticed about a cluster (`eks:ListInsights`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Insight {
    /// UUID.
    pub id: String,
    /// `Deprecated APIs removed in Kubernetes v1.32`, …
    pub name: String,
    /// `UPGRADE_READINESS`, `MISCONFIGURATION` or `ROLLBACK_READINESS`.
    pub category: String,
    /// `insightStatus.status`: `PASSING`, `WARNING`, `ERROR` or `UNKNOWN`.
    pub status: String,
    /// `insightStatus.reason`.
    pub reason: String,
    /// When EKS last looked.
    pub last_refresh_time: Option<Timestamp>,
    /// `eks:DescribeInsight`; asked for only where the status is `WARNING` or `ERROR`.
    pub described: Fetched<InsightDescription>,
}

/// `eks:DescribeInsight`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InsightDescription {
    /// `resources[]` that do not pass: ARN or Kubernetes URI.
    pub resources: Vec<String>,
    /// `categorySpecificSummary.deprecationDetails[]`.
    pub deprecations: Vec<Deprecation>,
    /// `categorySpecificSummary.addonCompatibilityDetails[]`: compatible versions by add-on.
    pub compatible_addons: BTreeMap<String, Vec<String>>,
}

/// A Kubernetes API in use that goes away.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Deprecation {
    /// `/apis/policy/v1beta1/podsecuritypolicies`.
    pub usage: String,
    /// What replaces it.
    pub replaced_with: Option<String>,
    /// First version of Kubernetes without it.
    pub stop_serving_version: Option<String>,
    /// `clientStats[].userAgent`: who still asks for it.
    pub user_agents: Vec<String>,
}
