//! Pod specifications, lean: what decides about isolation, identity and availability.

pub mod container;
pub mod kept;
pub mod placement;
pub mod resources;
pub mod security;
pub mod volume;

use serde::{Deserialize, Serialize};

use super::meta::{Labels, null_as_default};
use container::Container;
use placement::{Affinity, TopologySpreadConstraint};
use resources::Resources;
use security::PodSecurityContext;
use volume::Volume;

/// A pod specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the API has these flags")]
pub struct PodSpec {
    /// Containers.
    pub containers: Vec<Container>,
    /// Init containers, native sidecars among them.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// Debug containers added to a live pod.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ephemeral_containers: Vec<Container>,
    /// Volumes.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Service account; empty means `default`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Whether the account's token is mounted; absent leaves it to the account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
    /// Host network namespace.
    #[serde(default)]
    pub host_network: bool,
    /// Host process namespace.
    #[serde(default, rename = "hostPID")]
    pub host_pid: bool,
    /// Host IPC namespace.
    #[serde(default, rename = "hostIPC")]
    pub host_ipc: bool,
    /// `false` puts the pod into a user namespace; absent means true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_users: Option<bool>,
    /// Containers see each other's processes.
    #[serde(default)]
    pub share_process_namespace: bool,
    /// Node it runs on; empty in templates.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub node_name: String,
    /// Node labels it asks for.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Labels::is_empty"
    )]
    pub node_selector: Labels,
    /// Operating system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<PodOs>,
    /// Pod-level security settings.
    #[serde(default, deserialize_with = "null_as_default")]
    pub security_context: PodSecurityContext,
    /// Pull secrets.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<NameRef>,
    /// Taints it tolerates.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// How its like are spread over zones and nodes.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub topology_spread_constraints: Vec<TopologySpreadConstraint>,
    /// Affinity.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "is_default")]
    pub affinity: Affinity,
    /// Requests and limits of the pod as a whole.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "Resources::is_empty"
    )]
    pub resources: Resources,
    /// Priority class.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub priority_class_name: String,
    /// Runtime class.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub runtime_class_name: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl PodSpec {
    /// Init, main and ephemeral containers.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(&self.containers).chain(&self.ephemeral_containers)
    }

    /// Service account, with the API's default.
    pub fn service_account(&self) -> &str {
        match self.service_account_name.as_str() {
            "" => "default",
            name => name,
        }
    }

    /// Declared for Windows, as Pod Security understands it (`spec.os.name`).
    pub fn declares_windows(&self) -> bool {
        self.os.as_ref().is_some_and(|it| it.name == "windows")
    }

    /// Windows by declaration or by node selector.
    pub fn is_windows(&self) -> bool {
        self.declares_windows()
            || self.node_selector.get("kubernetes.io/os").is_some_and(|it| it == "windows")
    }
}

/// Operating system of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PodOs {
    /// `linux` or `windows`.
    pub name: String,
}

/// A reference by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct NameRef {
    /// Name.
    pub name: String,
}

/// A toleration.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Toleration {
    /// Taint key; empty with operator `Exists` tolerates everything.
    pub key: String,
    /// `Exists` or `Equal`; empty means `Equal`.
    pub operator: String,
    /// Value for `Equal`.
    pub value: String,
    /// Effect; empty means all.
    pub effect: String,
}
