//! What Inspector and Systems Manager tell of nodes, reduced to what rules ask.

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// `inspector2:BatchGetAccountStatus` of the account: an account that never enabled Inspector is `DISABLED`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InspectorStatus {
    /// `resourceState.ec2.status`: `ENABLED`, `DISABLED`, `SUSPENDED`, …
    pub ec2: String,
    /// `resourceState.ecr.status`.
    pub ecr: String,
}

/// Package scanning of a node (`inspector2:ListCoverage`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InspectorCoverage {
    /// `i-…`.
    pub instance_id: String,
    /// `scanStatus.statusCode`: `ACTIVE` or `INACTIVE`.
    pub status_code: String,
    /// `scanStatus.reason`: `SUCCESSFUL`, `UNMANAGED_EC2_INSTANCE`, `UNSUPPORTED_OS`, …
    pub reason: String,
    /// When it was last scanned; absent before the first scan.
    pub last_scanned_at: Option<Timestamp>,
}

/// Active package vulnerabilities of a node that may call for action (`inspector2:ListFindings`), counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InspectorFindings {
    /// `i-…`.
    pub instance_id: String,
    /// Findings of severity `CRITICAL`.
    pub critical: u32,
    /// Findings of any severity with `exploitAvailable` = `YES`.
    pub exploitable: u32,
    /// Findings of severity `HIGH` with `fixAvailable` = `YES`, by the day of `firstObservedAt`.
    pub fixable_high: BTreeMap<Date, u32>,
    /// Earliest `firstObservedAt` of those that are critical or exploitable.
    pub first_observed_at: Option<Timestamp>,
    /// The worst five `vulnerabilityId`: exploitable, then critical, then the oldest.
    pub worst: Vec<String>,
}

/// A vulnerability that is known to be exploited: `cisaData` of `inspector2:BatchGetFindingDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KnownExploited {
    /// `CVE-…`.
    pub vulnerability_id: String,
    /// `cisaData.dateDue`.
    pub date_due: Option<Timestamp>,
    /// Nodes that have it.
    pub instance_ids: Vec<String>,
}

/// What was read of Inspector in a Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Inspector {
    /// `inspector2:BatchGetAccountStatus`.
    pub status: Fetched<InspectorStatus>,
    /// `inspector2:ListCoverage` of package scans of nodes; empty without asking where EC2 scanning is off.
    pub coverage: Fetched<Vec<InspectorCoverage>>,
    /// `inspector2:ListFindings` of nodes; empty without asking where EC2 scanning is off.
    pub findings: Fetched<Vec<InspectorFindings>>,
    /// `inspector2:BatchGetFindingDetails` of critical and exploitable findings, one of each vulnerability.
    pub known_exploited: Fetched<Vec<KnownExploited>>,
}

/// A node that Systems Manager knows (`ssm:DescribeInstanceInformation`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ManagedInstance {
    /// `i-…`.
    pub instance_id: String,
    /// `Online`, `ConnectionLost` or `Inactive`.
    pub ping_status: String,
}

/// The last patch operation on a node (`ssm:DescribeInstancePatchStates`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PatchState {
    /// `i-…`.
    pub instance_id: String,
    /// Missing patches of classification `Security`.
    pub security_non_compliant_count: u32,
    /// Missing patches of compliance level `Critical`.
    pub critical_non_compliant_count: u32,
    /// Patches that could not be installed.
    pub failed_count: u32,
}

/// What was read of Systems Manager in a Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SystemsManager {
    /// `ssm:DescribeInstanceInformation` of nodes.
    pub managed_instances: Fetched<Vec<ManagedInstance>>,
    /// `ssm:DescribeInstancePatchStates` of nodes; nodes that were never patched have none.
    pub patch_states: Fetched<Vec<PatchState>>,
    /// `ssm:GetParameters` under `/aws/service/`: image ids by parameter, those of node groups. A parameter that does not exist is absent.
    pub recommended_images: Fetched<BTreeMap<String, String>>,
}
