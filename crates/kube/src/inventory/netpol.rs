//! Network policies, and the settings that tell whether anything enforces them.

use serde::{Deserialize, Serialize};

use super::{
    meta::{LabelSelector, Labels, ObjectMeta, named, null_as_default},
    workload::IntOrString,
};

/// A NetworkPolicy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkPolicy {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: NetworkPolicySpec,
}

/// A NetworkPolicy's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NetworkPolicySpec {
    /// Pods of its namespace that it applies to; empty means all.
    #[serde(deserialize_with = "null_as_default")]
    pub pod_selector: LabelSelector,
    /// `Ingress`, `Egress`; absent or empty means `Ingress`, and `Egress` where there are egress rules.
    #[serde(deserialize_with = "null_as_default")]
    pub policy_types: Vec<String>,
    /// Who may come in.
    #[serde(deserialize_with = "null_as_default")]
    pub ingress: Vec<IngressRule>,
    /// Where its pods may go.
    #[serde(deserialize_with = "null_as_default")]
    pub egress: Vec<EgressRule>,
}

/// Who may come in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Sources; empty means everyone.
    #[serde(deserialize_with = "null_as_default")]
    pub from: Vec<Peer>,
    /// Ports; empty means all.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<PolicyPort>,
}

/// Where pods may go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EgressRule {
    /// Destinations; empty means everywhere.
    #[serde(deserialize_with = "null_as_default")]
    pub to: Vec<Peer>,
    /// Ports; empty means all.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<PolicyPort>,
}

/// A source or destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Peer {
    /// Pods, of the policy's namespace unless `namespaceSelector` says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod_selector: Option<LabelSelector>,
    /// Namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace_selector: Option<LabelSelector>,
    /// Addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip_block: Option<IpBlock>,
}

/// Addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IpBlock {
    /// `10.0.0.0/8`.
    pub cidr: String,
    /// Parts of it that are not meant.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// Ports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyPort {
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    #[serde(deserialize_with = "null_as_default")]
    pub protocol: String,
    /// Number or name; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
    /// Last of a range that starts at `port`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_port: Option<u32>,
}

/// ConfigMap `kube-system/amazon-vpc-cni`: whether EKS runs its network policy controller for the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VpcCni {
    /// `enable-network-policy-controller`; absent means false.
    pub enable_network_policy_controller: bool,
}

/// That ConfigMap as the API sends it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct VpcCniMap {
    #[serde(deserialize_with = "null_as_default")]
    data: Labels,
}

impl From<VpcCniMap> for VpcCni {
    fn from(map: VpcCniMap) -> Self {
        let enabled = map.data.get("enable-network-policy-controller");
        Self { enable_network_policy_controller: enabled.is_some_and(|it| it == "true") }
    }
}
