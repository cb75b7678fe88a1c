//! Pod specifications, lean: what decides about isolation, identity and availability.

use std::collections::BTreeMap;

use eksray_rule::credential::{self, Credential, Literal};
use serde::{Deserialize, Serialize};

use super::meta::{Labels, null_as_default};

/// A pod specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the API has these flags")]
pub struct PodSpec {
    /// Containers.
    #[serde(deserialize_with = "null_as_default")]
    pub containers: Vec<Container>,
    /// Init containers, native sidecars among them.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub init_containers: Vec<Container>,
    /// Debug containers added to a live pod.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ephemeral_containers: Vec<Container>,
    /// Volumes.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<Volume>,
    /// Service account; empty means `default`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub service_account_name: String,
    /// Whether the account's token is mounted; absent leaves it to the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automount_service_account_token: Option<bool>,
    /// Host network namespace.
    pub host_network: bool,
    /// Host process namespace.
    #[serde(rename = "hostPID")]
    pub host_pid: bool,
    /// Host IPC namespace.
    #[serde(rename = "hostIPC")]
    pub host_ipc: bool,
    /// `false` puts the pod into a user namespace; absent means true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_users: Option<bool>,
    /// Containers see each other's processes.
    pub share_process_namespace: bool,
    /// Node it runs on; empty in templates.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub node_name: String,
    /// Node labels it asks for.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Labels::is_empty")]
    pub node_selector: Labels,
    /// Operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<PodOs>,
    /// Pod-level security settings.
    #[serde(deserialize_with = "null_as_default")]
    pub security_context: PodSecurityContext,
    /// Pull secrets.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<NameRef>,
    /// Taints it tolerates.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
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
#[serde(default)]
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

/// A profile by its type.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeRef {
    /// `RuntimeDefault`, `Localhost`, `Unconfined`.
    #[serde(rename = "type")]
    pub type_: String,
}

/// Windows settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WindowsOptions {
    /// Runs on the host.
    #[serde(deserialize_with = "null_as_default")]
    pub host_process: bool,
}

/// A container, its literals reduced to the credentials they hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "ContainerWire")]
pub struct Container {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// `Always`, `IfNotPresent` or `Never`; empty where the API server has not set its default.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub image_pull_policy: String,
    /// Ports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<ContainerPort>,
    /// Environment variables, without literal values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// Whole Secrets and ConfigMap objects as variables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env_from: Vec<EnvFrom>,
    /// Mounts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
    /// Security settings.
    pub security_context: SecurityContext,
    /// `Always` on an init container makes it a native sidecar.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub restart_policy: String,
    /// Credentials in variables, `command`, `args`, probe and lifecycle commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// Hosts that probes and lifecycle hooks name instead of the pod, by place.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub probe_hosts: Labels,
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

/// A container port.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Port in the pod.
    pub container_port: u16,
    /// Port on the node; 0 for none.
    pub host_port: u16,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub protocol: String,
}

/// A variable, without its literal value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Where a value that is no literal comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvVarSource>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVarSource {
    /// Key of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,
}

/// A key of a named object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRef {
    /// Object.
    pub name: String,
    /// Key.
    pub key: String,
}

/// A whole Secret or ConfigMap as variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    /// A Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<NameRef>,
}

/// A mount.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeMount {
    /// Volume.
    pub name: String,
    /// Path in the container.
    pub mount_path: String,
    /// Not writable.
    #[serde(deserialize_with = "null_as_default")]
    pub read_only: bool,
    /// Path below the volume's; one with variables (`subPathExpr`) is not known.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub sub_path: String,
}

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
#[serde(rename_all = "camelCase", default)]
struct VolumeWire {
    name: String,
    host_path: Option<HostPath>,
    secret: Option<SecretVolume>,
    projected: Option<Projected>,
    csi: Option<CsiVolume>,
    persistent_volume_claim: Option<ClaimVolume>,
    unrestricted: Option<String>,
    #[serde(flatten)]
    other: BTreeMap<String, Option<serde::de::IgnoredAny>>,
}

/// Kinds without a field of their own that Pod Security level restricted admits.
const RESTRICTED_VOLUMES: &[&str] = &["configMap", "downwardAPI", "emptyDir", "ephemeral", "image"];

impl From<VolumeWire> for Volume {
    fn from(wire: VolumeWire) -> Self {
        let mut other = wire.other.into_iter().filter(|(_, it)| it.is_some()).map(|(kind, _)| kind);
        let unrestricted = other.find(|it| !RESTRICTED_VOLUMES.contains(&it.as_str()));
        Self {
            name: wire.name,
            host_path: wire.host_path,
            secret: wire.secret,
            projected: wire.projected,
            csi: wire.csi,
            persistent_volume_claim: wire.persistent_volume_claim,
            unrestricted: wire.unrestricted.or(unrestricted),
        }
    }
}

/// A path of the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct HostPath {
    /// Path.
    pub path: String,
    /// `File`, `Directory`, `Socket`, …; empty means not checked.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
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
}

/// A projected token.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenSource {
    /// Audience; empty means the API server.
    pub audience: String,
}

/// An inline CSI volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CsiVolume {
    /// `secrets-store.csi.k8s.io`, …
    pub driver: String,
    /// Attributes; of all keys only `secretProviderClass` is kept.
    #[serde(deserialize_with = "null_as_default")]
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
#[serde(rename_all = "camelCase", default)]
pub struct ClaimVolume {
    /// Claim.
    pub claim_name: String,
}

/// A container as the API sends it, literals included.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerWire {
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    image: String,
    #[serde(deserialize_with = "null_as_default")]
    image_pull_policy: String,
    #[serde(deserialize_with = "null_as_default")]
    ports: Vec<ContainerPort>,
    #[serde(deserialize_with = "null_as_default")]
    env: Vec<EnvWire>,
    #[serde(deserialize_with = "null_as_default")]
    env_from: Vec<EnvFrom>,
    #[serde(deserialize_with = "null_as_default")]
    volume_mounts: Vec<VolumeMount>,
    #[serde(deserialize_with = "null_as_default")]
    security_context: SecurityContext,
    #[serde(deserialize_with = "null_as_default")]
    restart_policy: String,
    #[serde(deserialize_with = "null_as_default")]
    command: Vec<String>,
    #[serde(deserialize_with = "null_as_default")]
    args: Vec<String>,
    liveness_probe: Option<Handler>,
    readiness_probe: Option<Handler>,
    startup_probe: Option<Handler>,
    lifecycle: Option<Lifecycle>,
    credentials: Vec<Credential>,
    probe_hosts: Labels,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EnvWire {
    name: String,
    #[serde(deserialize_with = "null_as_default")]
    value: String,
    value_from: Option<EnvVarSource>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Handler {
    exec: Option<Exec>,
    http_get: Option<Target>,
    tcp_socket: Option<Target>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Target {
    #[serde(deserialize_with = "null_as_default")]
    host: String,
}

impl Handler {
    fn host(&self) -> Option<&str> {
        let targets = [&self.http_get, &self.tcp_socket].into_iter().flatten();
        targets.map(|it| it.host.as_str()).find(|it| !it.is_empty())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Exec {
    #[serde(deserialize_with = "null_as_default")]
    command: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Lifecycle {
    post_start: Option<Handler>,
    pre_stop: Option<Handler>,
}

impl From<ContainerWire> for Container {
    fn from(wire: ContainerWire) -> Self {
        let lifecycle = wire.lifecycle.unwrap_or_default();
        let handlers = [
            ("livenessProbe", wire.liveness_probe),
            ("readinessProbe", wire.readiness_probe),
            ("startupProbe", wire.startup_probe),
            ("lifecycle.postStart", lifecycle.post_start),
            ("lifecycle.preStop", lifecycle.pre_stop),
        ];
        let hosts = handlers
            .iter()
            .filter_map(|(place, it)| Some(((*place).to_owned(), it.as_ref()?.host()?.to_owned())));
        let mut probe_hosts = wire.probe_hosts;
        probe_hosts.extend(hosts);
        let exec = handlers.into_iter().filter_map(|(place, it)| Some((place, it?.exec?.command)));
        let lists = [("command", wire.command), ("args", wire.args)].into_iter().chain(exec);
        let words: Vec<(String, String)> = lists
            .flat_map(|(place, words)| {
                let numbered = words.into_iter().enumerate();
                numbered.map(move |(at, word)| (format!("{place}[{at}]"), word))
            })
            .collect();
        let mut literals: Vec<Literal<'_>> = wire
            .env
            .iter()
            .map(|it| Literal { place: &it.name, name: &it.name, value: &it.value })
            .collect();
        // `--db-password=x` is a name and a value in one word; `--db-password x` in two.
        let mut flag = "";
        for (place, word) in &words {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if !name.contains(char::is_whitespace) => (name, value),
                _ if word.starts_with('-') => ("", word.as_str()),
                _ => (flag, word.as_str()),
            };
            literals.push(Literal { place, name, value });
            // A script: `sh -c "mysql --password=x"`.
            let assigned = word.split_whitespace().filter_map(|it| it.split_once('='));
            let script = assigned.filter(|_| word.contains(char::is_whitespace));
            literals.extend(script.map(|(name, value)| Literal { place, name, value }));
            flag = if word.starts_with('-') && !word.contains('=') { word } else { "" };
        }
        let mut credentials = credential::find_all(&literals);
        credentials.extend(wire.credentials);
        let env = wire
            .env
            .into_iter()
            .map(|it| EnvVar { name: it.name, value_from: it.value_from })
            .collect();
        Self {
            name: wire.name,
            image: wire.image,
            image_pull_policy: wire.image_pull_policy,
            ports: wire.ports,
            env,
            env_from: wire.env_from,
            volume_mounts: wire.volume_mounts,
            security_context: wire.security_context,
            restart_policy: wire.restart_policy,
            credentials,
            probe_hosts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_leave_only_their_kind() {
        let container: Container = serde_json::from_value(serde_json::json!({
            "name": "web",
            "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "MODE", "value": "x"}],
            "args": ["--password", "canary-1", "--token=canary-2-Zk3Jq9Xw1Lm8Pv5T"],
            "command": ["sh", "-c", "USER=$(id -u) mysql --user=a --password=canary-4 --host=db"],
            "readinessProbe": {"exec": {"command": ["sh", "-c", "psql postgres://a:canary-3@db"]}},
        }))
        .unwrap();
        let places: Vec<&str> = container.credentials.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(
            places,
            ["DB_PASSWORD", "args[1]", "args[2]", "command[2]", "readinessProbe[2]"]
        );
        let text = serde_json::to_string(&container).unwrap();
        assert!(!text.contains("canary") && !text.contains("hunter2"), "{text}");
        assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
    }
}
