//! Where workloads take Secrets from.

use std::collections::BTreeSet;

use eksray_rule::credential::{Kind, Length};

use crate::inventory::{
    pod::{
        PodSpec,
        container::{Container, EnvVar, KeyRef},
        volume::Volume,
    },
    workload::Workload,
};

/// Driver of volumes that a SecretProviderClass fills.
const SECRETS_STORE: &str = "secrets-store.csi.k8s.io";

/// Containers that the Vault agent injector adds.
const VAULT_AGENTS: &[&str] = &["vault-agent", "vault-agent-init"];

/// Names of Secrets that are variables as a whole.
pub(super) fn env_secrets(container: &Container) -> impl Iterator<Item = &str> {
    container.env_from.iter().filter_map(|it| it.secret_ref.as_ref()).map(|it| it.name.as_str())
}

/// Variables with the key of a Secret that each is taken from.
pub(super) fn env_keys(container: &Container) -> impl Iterator<Item = (&str, &KeyRef)> {
    container.env.iter().filter_map(|it| {
        let key = it.value_from.as_ref()?.secret_key_ref.as_ref()?;
        Some((it.name.as_str(), key))
    })
}

/// Secrets that a workload's containers see, other than certificates by their name.
pub(super) fn consumed(workload: &Workload) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for spec in workload.specs() {
        for container in spec.all_containers() {
            names.extend(env_secrets(container));
            names.extend(env_keys(container).map(|(_, key)| key.name.as_str()));
        }
        for volume in &spec.volumes {
            names.extend(volume.secret.as_ref().map(|it| it.secret_name.as_str()));
            let sources = volume.projected.iter().flat_map(|it| &it.sources);
            names.extend(sources.filter_map(|it| it.secret.as_ref()).map(|it| it.name.as_str()));
        }
    }
    names.retain(|it| !it.is_empty() && !is_certificate(it));
    names
}

/// Secrets cannot be listed without reading them, so the type `kubernetes.io/tls` is not known.
fn is_certificate(name: &str) -> bool {
    let words = || name.split(['-', '.', '_']);
    words().any(|it| matches!(it, "tls" | "cert" | "certs" | "certificate" | "certificates" | "ca"))
}

/// Whether a workload gets secrets from a store outside the cluster, past Kubernetes Secrets.
pub(super) fn reads_external_store(workload: &Workload) -> bool {
    workload.specs().any(|spec| {
        let mounts = spec.volumes.iter().filter_map(|it| it.csi.as_ref());
        mounts.into_iter().any(|it| it.driver == SECRETS_STORE)
            || spec.all_containers().any(|it| VAULT_AGENTS.contains(&it.name.as_str()))
    })
}

/// Whether a workload's containers see a ConfigMap.
pub(super) fn reads_config_map(workload: &Workload, name: &str) -> bool {
    workload.specs().any(|spec| {
        let projected = spec.volumes.iter().filter_map(|it| it.projected.as_ref());
        let projected =
            projected.flat_map(|it| &it.sources).filter_map(|it| it.config_map.as_ref());
        let mut mounted =
            spec.volumes.iter().filter_map(|it| it.config_map.as_ref()).chain(projected);
        mounted.any(|it| it.name == name)
            || spec.all_containers().any(|it| {
                let whole = it.env_from.iter().filter_map(|it| it.config_map_ref.as_ref());
                let sources = it.env.iter().filter_map(|it| it.value_from.as_ref());
                let mut keys = sources.filter_map(|it| it.config_map_key_ref.as_ref());
                whole.into_iter().any(|it| it.name == name) || keys.any(|it| it.name == name)
            })
    })
}

/// AWS keys that reach containers.
#[derive(Default)]
pub(super) struct AwsKeys {
    /// Keys that stay valid until somebody changes them.
    pub(super) long_lived: Vec<String>,
    /// References that may lead nowhere: the container starts without them.
    pub(super) perhaps: Vec<String>,
    /// Keys beside a session token, which end by themselves.
    pub(super) session: Vec<String>,
}

impl AwsKeys {
    /// Adds those of another container.
    pub(super) fn extend(&mut self, other: Self) {
        self.long_lived.extend(other.long_lived);
        self.perhaps.extend(other.perhaps);
        self.session.extend(other.session);
    }
}

const AWS_KEYS: &[&str] = &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/// AWS keys that reach a container: in variables, as a file, or in anything else that it is given.
pub(super) fn aws_keys(spec: &PodSpec, container: &Container) -> AwsKeys {
    let (mut keys, name) = (AwsKeys::default(), &container.name);
    let variable = |it: &str| container.env.iter().find(|variable| variable.name == it);
    let has_session = variable("AWS_SESSION_TOKEN").is_some();
    for it in AWS_KEYS.iter().filter_map(|it| variable(it)) {
        let Some((source, optional)) = source(it) else { continue };
        let fact = format!("container {name}: {} from {source}", it.name);
        match (has_session, optional) {
            (_, true) => keys.perhaps.push(fact),
            (true, _) => keys.session.push(fact),
            _ => keys.long_lived.push(fact),
        }
    }
    let known = container.credentials.iter().filter(|it| {
        matches!(it.kind, Kind::AwsKey | Kind::AwsKeyId) && !AWS_KEYS.contains(&it.place.as_str())
    });
    keys.long_lived.extend(known.map(|it| format!("container {name}: {it}")));
    if variable("AWS_SHARED_CREDENTIALS_FILE").is_some() {
        keys.long_lived.push(format!("container {name}: AWS_SHARED_CREDENTIALS_FILE is set"));
    }
    for mount in container.volume_mounts.iter().filter(|it| is_credentials_file(&it.mount_path)) {
        let mut volumes = spec.volumes.iter().filter(|it| it.name == mount.name);
        if volumes.any(holds_secrets) {
            let path = &mount.mount_path;
            keys.long_lived.push(format!("container {name}: a volume is mounted at {path}"));
        }
    }
    keys
}

/// What a variable is taken from, and whether the container starts without it. Shorter literals are no keys.
fn source(variable: &EnvVar) -> Option<(String, bool)> {
    let Some(from) = &variable.value_from else {
        return variable
            .literal
            .filter(|it| *it != Length::Short)
            .map(|_| ("a literal".to_owned(), false));
    };
    let secret = from.secret_key_ref.iter().map(|it| ("Secret", it));
    let mut keys = secret.chain(from.config_map_key_ref.iter().map(|it| ("ConfigMap", it)));
    keys.next().map(|(kind, it)| (format!("key {} of {kind} {}", it.key, it.name), it.optional))
}

/// `/root/.aws`, and the file in it.
fn is_credentials_file(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.ends_with("/.aws") || path.ends_with("/.aws/credentials")
}

fn holds_secrets(volume: &Volume) -> bool {
    let sources = volume.projected.iter().flat_map(|it| &it.sources);
    volume.secret.is_some()
        || volume.config_map.is_some()
        || volume.host_path.is_some()
        || volume.csi.as_ref().is_some_and(|it| it.driver == SECRETS_STORE)
        || sources.into_iter().any(|it| it.secret.is_some() || it.config_map.is_some())
}

#[cfg(test)]
mod tests {
    use super::is_certificate;

    #[test]
    fn certificates_are_told_by_whole_words() {
        assert!(is_certificate("orders-tls"));
        assert!(is_certificate("webhook-server-cert"));
        assert!(!is_certificate("certified-partners"));
        assert!(!is_certificate("catalog"));
    }
}
