//! Security settings of pods and containers.

use serde::{Deserialize, Serialize};

use super::NameRef;
use crate::inventory::meta::null_as_default;

/// Pod-level security settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSecurityContext {
    /// User of containers that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<i64>,
    /// Group of containers that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<i64>,
    /// Whether the kubelet refuses user 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    /// Seccomp profile of containers that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<TypeRef>,
    /// Host process on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_options: Option<WindowsOptions>,
    /// AppArmor profile of containers that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_armor_profile: Option<TypeRef>,
    /// SELinux labels of containers that name none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub se_linux_options: Option<SeLinuxOptions>,
    /// Kernel parameters, by name.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub sysctls: Vec<NameRef>,
}

/// A container's security settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecurityContext {
    /// Host devices, all capabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// Absent means true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_privilege_escalation: Option<bool>,
    /// User, before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_user: Option<i64>,
    /// Group, before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_group: Option<i64>,
    /// Before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_as_non_root: Option<bool>,
    /// Absent means false.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_root_filesystem: Option<bool>,
    /// Added and dropped capabilities.
    #[serde(deserialize_with = "null_as_default")]
    pub capabilities: Capabilities,
    /// `Default` or `Unmasked`; absent means `Default`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proc_mount: Option<String>,
    /// Before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seccomp_profile: Option<TypeRef>,
    /// Host process on Windows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub windows_options: Option<WindowsOptions>,
    /// Before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_armor_profile: Option<TypeRef>,
    /// Before the pod's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub se_linux_options: Option<SeLinuxOptions>,
}

/// Added and dropped capabilities.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Added.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// Dropped.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
}

/// A profile by its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeRef {
    /// `RuntimeDefault`, `Localhost`, `Unconfined`.
    #[serde(rename = "type")]
    pub type_: String,
}

/// SELinux labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct SeLinuxOptions {
    /// Type.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub type_: String,
    /// User.
    #[serde(deserialize_with = "null_as_default")]
    pub user: String,
    /// Role.
    #[serde(deserialize_with = "null_as_default")]
    pub role: String,
}

/// Windows settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WindowsOptions {
    /// Runs on the host.
    #[serde(deserialize_with = "null_as_default")]
    pub host_process: bool,
}
