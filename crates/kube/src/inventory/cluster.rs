//! Nodes, namespaces, accounts and the kinds that add-ons define.

use eksray_rule::{Gap, Reason};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    meta::{Labels, ObjectMeta, named, null_as_default},
    pod::{NameRef, volume::HostPath},
};

/// `/version`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Version {
    /// `v1.33.4-eks-1a2b3c4`.
    pub git_version: String,
}

impl Version {
    /// The minor version, 33 in `v1.33.4-eks-…`.
    pub fn minor(&self) -> Option<u32> {
        minor(&self.git_version)
    }
}

/// The minor version of `v1.33.4…` or `1.33`.
pub fn minor(version: &str) -> Option<u32> {
    let rest = version.trim_start_matches('v').strip_prefix("1.")?;
    let digits = rest.split(|it: char| !it.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The minor version in an answer, or the gap that an unreadable one leaves.
pub fn known_minor(call: &str, version: &str) -> Result<u32, Gap> {
    minor(version).ok_or_else(|| {
        let detail = format!("version `{version}`");
        Gap { call: call.to_owned(), reason: Reason::Malformed, detail }
    })
}

/// A Node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    #[serde(default, deserialize_with = "null_as_default")]
    pub spec: NodeSpec,
    /// Status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: NodeStatus,
}

impl Node {
    /// The instance id of `aws:///<zone>/<instance id>`.
    pub fn instance_id(&self) -> Option<&str> {
        let (_, id) = self.spec.provider_id.strip_prefix("aws:///")?.rsplit_once('/')?;
        id.starts_with("i-").then_some(id)
    }

    /// Made for one pod by Fargate, or by Auto Mode.
    pub fn is_made_by_aws(&self) -> bool {
        let compute = self.metadata.labels.get("eks.amazonaws.com/compute-type");
        self.is_fargate() || compute.is_some_and(|it| it == "auto")
    }

    /// Made by Fargate for one pod.
    pub fn is_fargate(&self) -> bool {
        self.metadata.labels.get("eks.amazonaws.com/compute-type").is_some_and(|it| it == "fargate")
            || self.metadata.name.starts_with("fargate-")
    }
}

/// A Node's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// `aws:///<zone>/<instance id>`, `eks-hybrid:///…`.
    #[serde(rename = "providerID")]
    pub provider_id: String,
    /// Cordoned.
    pub unschedulable: bool,
    /// Taints.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<Taint>,
}

/// A taint.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taint {
    /// Key.
    pub key: String,
    /// Value.
    #[serde(default, deserialize_with = "null_as_default")]
    pub value: String,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: String,
}

/// A Node's status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// What the kubelet says of itself.
    #[serde(deserialize_with = "null_as_default")]
    pub node_info: NodeInfo,
}

/// What the kubelet says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// `v1.33.4-eks-…`.
    pub kubelet_version: String,
    /// `linux` or `windows`.
    pub operating_system: String,
    /// `Amazon Linux 2023.8.20250818`.
    pub os_image: String,
    /// `containerd://2.0.5`.
    pub container_runtime_version: String,
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
}

/// A ServiceAccount.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceAccount {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Whether its token is mounted; absent means true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
    /// Secrets that its pods may mount; among them its tokens that never expire.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<NameRef>,
}

/// A CustomResourceDefinition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomResourceDefinition {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: CrdSpec,
}

/// What is read of a CustomResourceDefinition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrdSpec {
    /// Group.
    pub group: String,
    /// Names.
    pub names: CrdNames,
    /// Versions.
    #[serde(deserialize_with = "null_as_default")]
    pub versions: Vec<CrdVersion>,
}

/// Names of a custom kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrdNames {
    /// `nodepools`.
    pub plural: String,
    /// `NodePool`.
    pub kind: String,
}

/// A version of a custom kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrdVersion {
    /// `v1`.
    pub name: String,
    /// Whether the API server answers it.
    pub served: bool,
}

/// An object of a kind that some add-on defines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomObject {
    /// `karpenter.sh/v1`.
    #[serde(default)]
    pub api_version: String,
    /// Kind.
    #[serde(default)]
    pub kind: String,
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification as it came; the collector asks only for kinds that hold no secret.
    #[serde(default)]
    pub spec: Value,
    /// More of them, which Cilium's policies may have beside the one or in its place.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub specs: Vec<Value>,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistentVolumeClaim {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: ClaimSpec,
}

/// A claim's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// `ReadWriteOnce`, …
    #[serde(deserialize_with = "null_as_default")]
    pub access_modes: Vec<String>,
}

/// A PersistentVolume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersistentVolume {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: PersistentVolumeSpec,
}

/// What is read of a PersistentVolume's specification; other sources leave both paths absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeSpec {
    /// A path of whichever node the pod runs on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_path: Option<HostPath>,
    /// A path of the node that the volume is bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<LocalVolume>,
    /// The claim that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim_ref: Option<ClaimRef>,
}

/// A path of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalVolume {
    /// Path.
    pub path: String,
}

/// A claim, by namespace and name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimRef {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HorizontalPodAutoscaler {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: AutoscalerSpec,
}

/// An autoscaler's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AutoscalerSpec {
    /// What it scales.
    pub scale_target_ref: ScaleTarget,
    /// Absent means 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_replicas: Option<u32>,
    /// What it watches; absent means the processor.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricSpec>,
}

/// A metric of an autoscaler.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetricSpec {
    /// `Resource`, `ContainerResource`, `Pods`, `Object` or `External`.
    #[serde(rename = "type")]
    pub type_: String,
}

/// What an autoscaler scales.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaleTarget {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// Selects by equality, as a Service does: nothing when empty.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minors_are_read_from_any_spelling() {
        assert_eq!(minor("v1.33.4-eks-1a2b3c4"), Some(33));
        assert_eq!(minor("1.30+"), Some(30));
        assert_eq!(minor("2.1"), None);
        assert_eq!(minor(""), None);
    }
}
