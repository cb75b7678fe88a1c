//! KMS answers about the keys that resources of clusters name.

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Key {
    /// As resources name it: ARN, id or alias.
    pub key_id: String,
    /// `kms:DescribeKey`.
    pub described: Fetched<KeyDescription>,
    /// `kms:GetKeyRotationStatus`; asked only for symmetric customer keys with material of KMS.
    pub rotation: Fetched<Rotation>,
    /// `kms:GetKeyPolicy`, JSON text; asked only for customer keys of the account.
    pub policy: Fetched<String>,
}

/// `kms:DescribeKey`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct KeyDescription {
    /// ARN.
    pub arn: String,
    /// `AWS` or `CUSTOMER`.
    pub key_manager: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`, …
    pub key_state: String,
    /// `SYMMETRIC_DEFAULT`, `RSA_2048`, …
    pub key_spec: String,
    /// `AWS_KMS`, `EXTERNAL`, `AWS_CLOUDHSM` or `EXTERNAL_KEY_STORE`.
    pub origin: String,
    /// When it is deleted, in state `PendingDeletion`.
    pub deletion_date: Option<Timestamp>,
    /// When imported material expires.
    pub valid_to: Option<Timestamp>,
}

/// `kms:GetKeyRotationStatus`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rotation {
    /// Whether the material is replaced by itself.
    pub key_rotation_enabled: bool,
    /// Days between rotations.
    pub rotation_period_in_days: Option<u32>,
}
