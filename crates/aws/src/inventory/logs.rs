//! CloudWatch Logs, CloudTrail and GuardDuty answers.

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A log group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LogGroup {
    /// `/aws/eks/<cluster>/cluster`.
    pub log_group_name: String,
    /// Days; absent means for ever.
    pub retention_in_days: Option<u32>,
    /// Key; absent for that of CloudWatch Logs.
    pub kms_key_id: Option<String>,
}

/// A trail, as one Region shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Trail {
    /// ARN.
    pub trail_arn: String,
    /// Region that owns it.
    pub home_region: String,
    /// Whether it records every Region.
    pub is_multi_region_trail: bool,
    /// Whether an organization owns it.
    pub is_organization_trail: bool,
    /// `cloudtrail:GetTrailStatus`.
    pub status: Fetched<TrailStatus>,
    /// `cloudtrail:GetEventSelectors`.
    pub selectors: Fetched<EventSelectors>,
}

/// `cloudtrail:GetTrailStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TrailStatus {
    /// Whether it records now.
    pub is_logging: bool,
    /// The last error of a delivery to the bucket.
    pub latest_delivery_error: Option<String>,
    /// When a delivery last succeeded.
    pub latest_delivery_time: Option<Timestamp>,
}

/// `cloudtrail:GetEventSelectors`: at most one of the two is filled. Neither means all management events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EventSelectors {
    /// Basic selectors.
    pub basic: Vec<EventSelector>,
    /// Advanced selectors.
    pub advanced: Vec<AdvancedEventSelector>,
}

/// A basic event selector.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EventSelector {
    /// `All`, `ReadOnly` or `WriteOnly`.
    pub read_write_type: String,
    /// Whether management events are recorded.
    pub include_management_events: bool,
    /// Sources left out.
    pub exclude_management_event_sources: Vec<String>,
}

/// An advanced event selector: all fields must match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AdvancedEventSelector {
    /// Conditions by field (`eventCategory`, `readOnly`, `eventSource`, …), then by operator (`equals`, `notEquals`, …).
    pub fields: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// `cloudtrail:GetEventDataStore`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EventDataStore {
    /// ARN.
    pub event_data_store_arn: String,
    /// `ENABLED`, …
    pub status: String,
    /// Whether it records every Region.
    pub multi_region_enabled: bool,
    /// Selectors.
    pub advanced: Vec<AdvancedEventSelector>,
}

/// `guardduty:GetDetector`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Detector {
    /// Id.
    pub detector_id: String,
    /// `ENABLED` or `DISABLED`.
    pub status: String,
    /// Status by feature name; old answers fill it from `DataSources`.
    pub features: BTreeMap<String, String>,
}

/// Runtime coverage of an EKS cluster (`guardduty:ListCoverage`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Coverage {
    /// Cluster.
    pub cluster_name: String,
    /// `HEALTHY` or `UNHEALTHY`.
    pub coverage_status: String,
    /// Nodes with a working agent.
    pub covered_nodes: u64,
    /// Nodes that could have one.
    pub compatible_nodes: u64,
}
