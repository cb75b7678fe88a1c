//! CloudWatch Logs, CloudTrail and GuardDuty answers.

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::s3::Bucket;

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
    /// `logs:DescribeResourcePolicies` of the group itself.
    pub resource_policies: Fetched<Vec<ResourcePolicy>>,
    /// `logs:DescribeMetricFilters`; asked for only where a control plane logs.
    pub metric_filters: Fetched<Vec<MetricFilter>>,
    /// `logs:DescribeSubscriptionFilters`: destination ARNs; asked for only where a control plane logs.
    pub subscription_filters: Fetched<Vec<String>>,
}

/// A resource policy of CloudWatch Logs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ResourcePolicy {
    /// Name; those of a single group have none.
    pub policy_name: String,
    /// JSON text.
    pub policy_document: String,
}

/// A filter that turns log events into metrics.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MetricFilter {
    /// Name.
    pub filter_name: String,
    /// `metricTransformations[]`.
    pub metrics: Vec<Metric>,
}

/// A metric, whatever its dimensions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Metric {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A CloudWatch alarm, on metrics or on other alarms (`cloudwatch:DescribeAlarms`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Alarm {
    /// Name.
    pub alarm_name: String,
    /// What it looks at.
    pub metrics: Vec<Metric>,
    /// `AlarmRule` of a composite alarm: which other alarms it looks at.
    pub alarm_rule: Option<String>,
    /// `ActionsEnabled`; the API default is true.
    #[serde(default = "yes")]
    pub actions_enabled: bool,
    /// `AlarmActions`: ARNs.
    pub alarm_actions: Vec<String>,
}

fn yes() -> bool {
    true
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
    /// `LogFileValidationEnabled`; no default is documented.
    pub log_file_validation_enabled: Option<bool>,
    /// Key that encrypts the log files.
    pub kms_key_id: Option<String>,
    /// Log group that events are delivered to as well.
    pub cloud_watch_logs_log_group_arn: Option<String>,
    /// Bucket that log files are delivered to.
    pub s3_bucket_name: Option<String>,
    /// What is known of the bucket.
    pub bucket: Bucket,
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
    /// `AUTO_MANAGED`, `MANUAL` or `DISABLED`.
    pub management_type: Option<String>,
    /// Version of the add-on.
    pub addon_version: Option<String>,
    /// Why the cluster is unhealthy, in GuardDuty's words.
    pub issue: Option<String>,
}

/// A finding that is not archived, of severity 7 or more (`guardduty:ListFindings`, `GetFindings`): what and where, no more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Finding {
    /// Id.
    pub id: String,
    /// `Execution:Runtime/ReverseShell`, …
    #[serde(rename = "type")]
    pub type_: String,
    /// 1.0 to 10.0.
    pub severity: f64,
    /// The title begins with `[SAMPLE]`.
    pub sample: bool,
    /// ARNs of the clusters it names.
    pub cluster_arns: Vec<String>,
    /// Instances it names.
    pub instance_ids: Vec<String>,
    /// Kubernetes workload, `type namespace/name`.
    pub workload: Option<String>,
    /// Container.
    pub container: Option<String>,
    /// How often it was seen.
    pub count: u64,
    /// When it was first seen.
    pub event_first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub event_last_seen: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}
