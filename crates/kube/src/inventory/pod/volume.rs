//! Volumes: what of the node, of Secrets and of tokens a pod can mount.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NameRef;
use crate::inventory::meta::null_as_default;

/// A volume; kinds that no rule looks into leave only the name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "VolumeWire")]
pub struct Volume {
    /// Name.
    pub name: String,
    /// A path of the node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<HostPath>,
    /// A Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolume>,
    /// A ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<NameRef>,
    /// Several sources in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projected: Option<Projected>,
    /// An inline CSI volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csi: Option<CsiVolume>,
    /// A claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persistent_volume_claim: Option<ClaimVolume>,
    /// The first kind, other than `hostPath`, that Pod Security level restricted does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unrestricted: Option<String>,
}

/// A volume as the API sends it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct VolumeWire {
    name: String,
    #[serde(default)]
    host_path: Option<HostPath>,
    #[serde(default)]
    secret: Option<SecretVolume>,
    config_map: Option<NameRef>,
    #[serde(default)]
    projected: Option<Projected>,
    #[serde(default)]
    csi: Option<CsiVolume>,
    #[serde(default)]
    persistent_volume_claim: Option<ClaimVolume>,
    #[serde(default)]
    unrestricted: Option<String>,
    #[serde(flatten)]
    other: BTreeMap<String, Option<serde::de::IgnoredAny>>,
}

/// Kinds without a field of their own that Pod Security level restricted admits.
const RESTRICTED_VOLUMES: &[&str] = &["downwardAPI", "emptyDir", "ephemeral", "image"];

impl From<VolumeWire> for Volume {
    fn from(wire: VolumeWire) -> Self {
        let mut other = wire.other.into_iter().filter(|(_, it)| it.is_some()).map(|(kind, _)| kind);
        let unrestricted = other.find(|it| !RESTRICTED_VOLUMES.contains(&it.as_str()));
        Self {
            name: wire.name,
            host_path: wire.host_path,
            secret: wire.secret,
            config_map: wire.config_map,
            projected: wire.projected,
            csi: wire.csi,
            persistent_volume_claim: wire.persistent_volume_claim,
            unrestricted: wire.unrestricted.or(unrestricted),
        }
    }
}

/// A path of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HostPath {
    /// Path.
    pub path: String,
    /// `File`, `Directory`, `Socket`, …; empty means not checked.
    #[serde(default, rename = "type", deserialize_with = "null_as_default")]
    pub type_: String,
}

/// A Secret as a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretVolume {
    /// Secret.
    pub secret_name: String,
}

/// Several sources in one volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Projected {
    /// Sources.
    #[serde(deserialize_with = "null_as_default")]
    pub sources: Vec<ProjectedSource>,
}

/// One source of a projected volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectedSource {
    /// A token of the pod's service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account_token: Option<TokenSource>,
    /// A Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<NameRef>,
    /// A ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<NameRef>,
}

/// A projected token.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenSource {
    /// Audience; empty means the API server.
    pub audience: String,
    /// Seconds; absent means an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_seconds: Option<i64>,
}

/// An inline CSI volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CsiVolume {
    /// `secrets-store.csi.k8s.io`, …
    pub driver: String,
    /// Attributes; of all keys only `secretProviderClass` is kept.
    #[serde(default, deserialize_with = "null_as_default")]
    pub volume_attributes: CsiAttributes,
}

/// Attributes of an inline CSI volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiAttributes {
    /// `SecretProviderClass` of the Secrets Store driver.
    pub secret_provider_class: String,
}

/// A claim as a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimVolume {
    /// Claim.
    pub claim_name: String,
}
