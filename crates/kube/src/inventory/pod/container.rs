//! Containers, decoded so that no literal outlives its page.

use eksray_rule::credential::{self, Credential, Length, Literal};
use serde::{Deserialize, Serialize};

use super::{
    NameRef,
    kept::{flags, kept_flag, setting},
    resources::Resources,
    security::SecurityContext,
};
use crate::inventory::{
    meta::{Labels, null_as_default},
    workload::IntOrString,
};

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
    /// Arguments of [`super::kept::FLAGS`], as `--name` or `--name=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// Credentials in variables, `command`, `args`, probe and lifecycle commands.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// Hosts that probes and lifecycle hooks name instead of the pod, by place.
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub probe_hosts: Labels,
    /// Requests and limits.
    #[serde(skip_serializing_if = "Resources::is_empty")]
    pub resources: Resources,
    /// Restarts it when it hangs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub liveness_probe: Option<Probe>,
    /// Sends it no traffic until it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness_probe: Option<Probe>,
    /// Holds the other probes off until it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub startup_probe: Option<Probe>,
    /// Values of the variables and flags in [`super::kept::SETTINGS`].
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub settings: Labels,
}

/// Variables of which it is kept how long a literal is: long-lived keys of AWS.
const AWS_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// A probe, without what it sends.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Probe {
    /// Port that it asks, number or name; a command asks none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<IntOrString>,
}

/// A container port.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    /// Name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Port in the pod.
    pub container_port: u16,
    /// Port on the node; 0 for none.
    #[serde(default)]
    pub host_port: u16,
    /// `TCP`, `UDP` or `SCTP`; empty means `TCP`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub protocol: String,
}

/// A variable, without its literal value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name.
    pub name: String,
    /// Where a value that is no literal comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
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
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// Volume.
    pub name: String,
    /// Path in the container.
    pub mount_path: String,
    /// Not writable.
    #[serde(default, deserialize_with = "null_as_default")]
    pub read_only: bool,
    /// Path below the volume's; one with variables (`subPathExpr`) is not known.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub sub_path: String,
}

/// A container as the API sends it, literals included.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerWire {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    image: String,
    #[serde(default, deserialize_with = "null_as_default")]
    image_pull_policy: String,
    #[serde(default, deserialize_with = "null_as_default")]
    ports: Vec<ContainerPort>,
    #[serde(default, deserialize_with = "null_as_default")]
    env: Vec<EnvWire>,
    #[serde(default, deserialize_with = "null_as_default")]
    env_from: Vec<EnvFrom>,
    #[serde(default, deserialize_with = "null_as_default")]
    volume_mounts: Vec<VolumeMount>,
    #[serde(default, deserialize_with = "null_as_default")]
    security_context: SecurityContext,
    #[serde(default, deserialize_with = "null_as_default")]
    restart_policy: String,
    #[serde(default, deserialize_with = "null_as_default")]
    command: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    args: Vec<String>,
    #[serde(default)]
    liveness_probe: Option<Handler>,
    #[serde(default)]
    readiness_probe: Option<Handler>,
    #[serde(default)]
    startup_probe: Option<Handler>,
    #[serde(default)]
    lifecycle: Option<Lifecycle>,
    #[serde(default)]
    flags: Vec<String>,
    #[serde(default)]
    credentials: Vec<Credential>,
    #[serde(default)]
    probe_hosts: Labels,
    #[serde(default, deserialize_with = "null_as_default")]
    resources: Resources,
    #[serde(default)]
    settings: Labels,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EnvWire {
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    value: String,
    #[serde(default)]
    value_from: Option<EnvVarSource>,
    literal: Option<Length>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Handler {
    exec: Option<Exec>,
    http_get: Option<Target>,
    tcp_socket: Option<Target>,
    grpc: Option<Target>,
    /// As a snapshot has it.
    port: Option<IntOrString>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Target {
    #[serde(deserialize_with = "null_as_default")]
    host: String,
    #[serde(deserialize_with = "null_as_default")]
    http_headers: Vec<EnvWire>,
    port: Option<IntOrString>,
}

impl Handler {
    fn probe(&self) -> Probe {
        let mut targets = [&self.http_get, &self.tcp_socket, &self.grpc].into_iter().flatten();
        Probe { port: targets.find_map(|it| it.port.clone()).or_else(|| self.port.clone()) }
    }

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
        let probe = |it: &Option<Handler>| it.as_ref().map(Handler::probe);
        let (liveness_probe, readiness_probe, startup_probe) =
            (probe(&wire.liveness_probe), probe(&wire.readiness_probe), probe(&wire.startup_probe));
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
        let mut settings = wire.settings;
        let variables = wire.env.iter().map(|it| (it.name.as_str(), it.value.as_str()));
        settings.extend(variables.chain(flags(&words)).filter_map(setting));
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
            resources: wire.resources,
            liveness_probe,
            readiness_probe,
            startup_probe,
            settings,
        }
    }
}

#[cfg(test)]
mod tests;
