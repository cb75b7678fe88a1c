//! Everything that one scan read: the whole input of judging, ranking and rendering.

use std::collections::BTreeMap;

use eksray_aws::inventory::Account;
use eksray_kube::inventory::Kube;
use eksray_rule::{ClusterId, Fetched};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of the snapshot's shape; readers refuse others.
pub const SCHEMA: u32 = 1;

/// What a scan read, and when. Rules have no other clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// Version of the tool that wrote it.
    pub tool_version: String,
    /// When the scan started, or what `--at` said.
    pub taken_at: Timestamp,
    /// What the scan was asked for.
    pub scope: ScanScope,
    /// Accounts; none when only a kubeconfig was given.
    pub accounts: Vec<Account>,
    /// Clusters by id, as their API servers show them.
    pub kubes: BTreeMap<ClusterId, Fetched<Kube>>,
}

/// What a scan was asked for: what lies outside is out of scope, never fine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ScanScope {
    /// Regions; empty for every enabled one.
    pub regions: Vec<String>,
    /// Cluster names; empty for all.
    pub clusters: Vec<String>,
    /// AWS was not asked at all.
    pub without_aws: bool,
    /// API servers were not asked at all.
    pub without_kubernetes: bool,
}

impl Snapshot {
    /// An empty snapshot with a fixed time, for examples and tests.
    pub fn example() -> Self {
        Self {
            schema: SCHEMA,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            taken_at: "2026-11-24T00:00:00Z".parse().expect("a valid timestamp"),
            scope: ScanScope::default(),
            accounts: Vec::new(),
            kubes: BTreeMap::new(),
        }
    }
}
