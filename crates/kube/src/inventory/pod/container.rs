//! Containers, decoded so that no literal outlives its page.

use eksray_rule::credential::{self, Credential, Length, Literal};
use serde::{Deserialize, Serialize};

use super::{NameRef, security::SecurityContext};
use crate::inventory::meta::{Labels, null_as_default};

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
    /// Arguments of [`FLAGS`], as `--name` or `--name=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Credentials in variables, `command`, `args`, probe and lifecycle commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// Hosts that probes and lifecycle hooks name instead of the pod, by place.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub probe_hosts: Labels,
}

/// Arguments that rules read; all others are dropped while decoding.
pub const FLAGS: &[&str] = &[
    "--auth-mode",
    "--disable-auth",
    "--enable-insecure-login",
    "--enable-skip-login",
    "--insecure",
    "--insecure-bind-address",
    "--insecure-port",
    "--node-group-auto-discovery",
];

/// Variables of which it is kept how long a literal is: long-lived keys of AWS.
const AWS_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

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
    /// How long the literal of a variable for AWS keys is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub literal: Option<Length>,
}

/// Where a variable's value comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVarSource {
    /// Key of a Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<KeyRef>,
    /// Key of a ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<KeyRef>,
}

/// A key of a named object.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyRef {
    /// Object.
    pub name: String,
    /// Key.
    pub key: String,
    /// The container starts without it, too.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

/// A whole Secret or ConfigMap as variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    /// A Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<NameRef>,
    /// A ConfigMap.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<NameRef>,
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
    flags: Vec<String>,
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
    literal: Option<Length>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Handler {
    exec: Option<Exec>,
    http_get: Option<Target>,
    tcp_socket: Option<Target>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target {
    #[serde(deserialize_with = "null_as_default")]
    host: String,
    #[serde(deserialize_with = "null_as_default")]
    http_headers: Vec<EnvWire>,
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
        let mut handlers = [
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
        let headers: Vec<(String, EnvWire)> = handlers
            .iter_mut()
            .filter_map(|(place, it)| Some((*place, it.as_mut()?.http_get.as_mut()?)))
            .flat_map(|(place, it)| it.http_headers.drain(..).map(move |it| (place, it)))
            .map(|(place, it)| (format!("{place}.httpHeaders.{}", it.name), it))
            .collect();
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
        literals.extend(headers.iter().map(|(place, it)| Literal {
            place,
            name: &it.name,
            value: &it.value,
        }));
        // `--db-password=x` is a name and a value in one word; `--db-password x` in two.
        let (mut flag, mut flags) = ("", wire.flags);
        for (place, word) in &words {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if !name.contains(char::is_whitespace) => (name, value),
                _ if word.starts_with('-') => ("", word.as_str()),
                _ => (flag, word.as_str()),
            };
            literals.push(Literal { place, name, value });
            flags.extend(kept_flag(name, value, word));
            // A script: `sh -c "mysql --password=x"`.
            let assigned = word.split_whitespace().filter_map(|it| it.split_once('='));
            // A shell's own variables are judged where they are set.
            let script = assigned.filter(|(_, value)| {
                word.contains(char::is_whitespace) && !value.starts_with(['$', '`'])
            });
            literals.extend(script.map(|(name, value)| Literal { place, name, value }));
            flag = if word.starts_with('-') && !word.contains('=') { word } else { "" };
        }
        let mut credentials = credential::find_all(&literals);
        credentials.extend(wire.credentials);
        let env = wire
            .env
            .into_iter()
            .map(|it| {
                let is_key = AWS_KEYS.contains(&it.name.as_str());
                let literal = credential::length_of(&it.value).filter(|_| is_key).or(it.literal);
                EnvVar { name: it.name, value_from: it.value_from, literal }
            })
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
            flags,
            credentials,
            probe_hosts,
        }
    }
}

/// A word of an argument list as it is kept: a flag alone, with its value, or the value after one.
fn kept_flag(name: &str, value: &str, word: &str) -> Option<String> {
    let is_kept = |it: &str| FLAGS.contains(&it);
    match word {
        _ if is_kept(word) => Some(word.to_owned()),
        _ if is_kept(name) => Some(format!("{name}={value}")),
        _ => None,
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
            "livenessProbe": {"httpGet": {"httpHeaders": [
                {"name": "Authorization", "value": "Basic Y2FuYXJ5LTU6aHVudGVyMg=="},
            ]}},
        }))
        .unwrap();
        let places: Vec<&str> = container.credentials.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(
            places,
            [
                "DB_PASSWORD",
                "args[1]",
                "args[2]",
                "command[2]",
                "livenessProbe.httpHeaders.Authorization",
                "readinessProbe[2]",
            ]
        );
        let text = serde_json::to_string(&container).unwrap();
        assert!(!text.contains("canary") && !text.contains("hunter2"), "{text}");
        assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
    }

    #[test]
    fn of_arguments_and_literals_only_what_rules_read_is_kept() {
        let container: Container = serde_json::from_value(serde_json::json!({
            "args": ["--enable-skip-login", "--insecure-port", "8443", "--auth-mode=server", "--x=y"],
            "env": [
                {"name": "AWS_ACCESS_KEY_ID", "value": "AKIAIOSFODNN7EXAMPLE"},
                {"name": "AWS_SECRET_ACCESS_KEY", "value": "$(FROM_ELSEWHERE)"},
                {"name": "OTHER", "value": "AKIAIOSFODNN7EXAMPLE"},
            ],
        }))
        .unwrap();
        assert_eq!(
            container.flags,
            [
                "--enable-skip-login",
                "--insecure-port",
                "--insecure-port=8443",
                "--auth-mode=server"
            ]
        );
        let literals: Vec<_> = container.env.iter().map(|it| it.literal).collect();
        assert_eq!(literals, [Some(Length::Medium), None, None]);
        let text = serde_json::to_string(&container).unwrap();
        assert!(!text.contains("AKIA"), "{text}");
        assert_eq!(serde_json::from_str::<Container>(&text).unwrap(), container);
    }
}
