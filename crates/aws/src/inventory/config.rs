//! AWS Config answers.

use eksray_rule::Fetched;
use serde::{Deserialize, Serialize};

/// A configuration recorder (`config:DescribeConfigurationRecorders`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ConfigurationRecorder {
    /// Name.
    pub name: String,
    /// `recordingGroup.recordingStrategy.useOnly`; old answers have none.
    pub strategy: Option<String>,
    /// `recordingGroup.allSupported`.
    pub all_supported: bool,
    /// `recordingGroup.includeGlobalResourceTypes`.
    pub include_global_resource_types: bool,
    /// `recordingGroup.resourceTypes`.
    pub resource_types: Vec<String>,
    /// `recordingGroup.exclusionByResourceTypes.resourceTypes`.
    pub excluded_resource_types: Vec<String>,
    /// `config:DescribeConfigurationRecorderStatus`.
    pub status: Fetched<RecorderStatus>,
}

/// `config:DescribeConfigurationRecorderStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RecorderStatus {
    /// Whether it records now.
    pub recording: bool,
    /// `Pending`, `Success`, `Failure`, …; absent before the first delivery.
    pub last_status: Option<String>,
}
