//! Images, disks and other places where data of clusters rests.

use eksray_rule::Fetched;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tags;

/// An image.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Image {
    /// `ami-…`.
    pub image_id: String,
    /// Name, which dates the images of EKS.
    pub name: String,
    /// Account that owns it.
    pub owner_id: String,
    /// `amazon`, `aws-backup-vault` or `aws-marketplace`.
    pub image_owner_alias: Option<String>,
    /// `available`, `deregistered`, `disabled`, …
    pub state: String,
    /// Whether every account may launch it.
    pub public: bool,
    /// When it was made.
    pub creation_date: Option<Timestamp>,
    /// When it is deprecated.
    pub deprecation_time: Option<Timestamp>,
    /// `v2.0`: instances require tokens of the metadata service by default.
    pub imds_support: Option<String>,
    /// `windows`, else absent.
    pub platform: Option<String>,
    /// Snapshots of its disks.
    pub snapshot_ids: Vec<String>,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Volume {
    /// `vol-…`.
    pub volume_id: String,
    /// Whether it is encrypted; the API always tells.
    pub encrypted: bool,
    /// Key, where it is encrypted.
    pub kms_key_id: Option<String>,
    /// Snapshot it was made from.
    pub snapshot_id: Option<String>,
    /// Instances that it is attached to.
    pub instance_ids: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A snapshot that everybody may make volumes from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Snapshot {
    /// `snap-…`.
    pub snapshot_id: String,
    /// Volume it was made from, which may be gone.
    pub volume_id: String,
    /// Tags.
    pub tags: Tags,
    /// `ec2:DescribeSnapshotAttribute`: accounts that it is shared with besides; asked only for those of clusters.
    pub user_ids: Fetched<Vec<String>>,
}

/// What the account does with new volumes and public sharing in a Region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EbsDefaults {
    /// `ec2:GetEbsEncryptionByDefault`.
    pub encryption_by_default: Fetched<bool>,
    /// `ec2:GetSnapshotBlockPublicAccessState`: `block-all-sharing`, `block-new-sharing` or `unblocked`.
    pub snapshot_block_public_access: Fetched<String>,
    /// `ec2:GetImageBlockPublicAccessState`: `block-new-sharing` or `unblocked`.
    pub image_block_public_access: Fetched<String>,
}

/// A container repository.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Repository {
    /// Name.
    pub repository_name: String,
    /// `AES256`, `KMS` or `KMS_DSSE`.
    pub encryption_type: Option<String>,
    /// Key, where the type is not `AES256`.
    pub kms_key: Option<String>,
}

/// A file system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FileSystem {
    /// `fs-…`.
    pub file_system_id: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Key, where it is encrypted.
    pub kms_key_id: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// What is told of a secret without reading it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Secret {
    /// ARN.
    pub arn: String,
    /// Key, as its owner named it: id, ARN or alias; absent for the key of AWS.
    pub kms_key_id: Option<String>,
    /// Tags.
    pub tags: Tags,
}
