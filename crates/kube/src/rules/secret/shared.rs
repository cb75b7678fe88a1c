//! Where workloads take Secrets from.

use std::collections::BTreeSet;

use crate::inventory::{
    pod::container::{Container, KeyRef},
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
