//! Tokens of service accounts in pods: those that the kubelet renews, and those that lie in Secrets and never expire.
//! No Secret is read: what one holds follows from who names it.

use eksray_rule::{Gap, Judgement, Verdict};

use crate::{
    inventory::{
        Kube,
        cluster::ServiceAccount,
        meta::Labels,
        order::within,
        pod::{PodSpec, volume::TokenSource},
        workload::Workload,
    },
    managed::is_managed_by_aws,
    rbac::catalogue,
};

/// Whether a container mounts a token for the API server that the pod asks for itself.
pub(crate) fn has_own_token(spec: &PodSpec) -> bool {
    let for_api_server =
        |it: &TokenSource| it.audience.is_empty() || it.audience.contains("kubernetes.default.svc");
    let token = |name: &str| {
        let mut own = projected(spec).filter(|(volume, _)| *volume == name);
        own.any(|(_, it)| for_api_server(it))
    };
    spec.all_containers().flat_map(|it| &it.volume_mounts).any(|it| token(&it.name))
}

/// Projected tokens, with the volume that each is in.
fn projected(spec: &PodSpec) -> impl Iterator<Item = (&str, &TokenSource)> {
    spec.volumes.iter().flat_map(|volume| {
        let sources = volume.projected.iter().flat_map(|it| &it.sources);
        let tokens = sources.filter_map(|it| it.service_account_token.as_ref());
        tokens.map(|it| (volume.name.as_str(), it))
    })
}

/// Seconds after which a token counts as long-lived: a day.
const LONG: i64 = 86_400;

/// Projected tokens that live long, as facts.
pub(crate) fn long_projected(spec: &PodSpec) -> Vec<String> {
    let seconds = projected(spec).filter_map(|(_, it)| it.expiration_seconds);
    let say = |it: i64| format!("serviceAccountToken.expirationSeconds = {it}");
    seconds.filter(|it| *it > LONG).map(say).collect()
}

/// The annotation that asks for a long-lived token for AWS, as a fact.
pub(crate) fn long_annotation(annotations: &Labels) -> Option<String> {
    const EXPIRATION: &str = "eks.amazonaws.com/token-expiration";
    let value = annotations.get(EXPIRATION)?;
    value.parse().is_ok_and(|it: i64| it > LONG).then(|| format!("{EXPIRATION} = {value}"))
}

/// Secrets that a pod mounts.
pub(crate) fn mounted_secrets(spec: &PodSpec) -> impl Iterator<Item = &str> {
    spec.volumes.iter().flat_map(|volume| {
        let whole = volume.secret.iter().map(|it| it.secret_name.as_str());
        let sources = volume.projected.iter().flat_map(|it| &it.sources);
        whole.chain(sources.filter_map(|it| it.secret.as_ref()).map(|it| it.name.as_str()))
    })
}

/// Secrets of an account that go by the name of its token.
pub(crate) fn token_secrets(account: &ServiceAccount) -> impl Iterator<Item = &str> {
    let own = |it: &&str| {
        let rest = it.strip_prefix(account.metadata.name.as_str());
        rest.is_some_and(|it| it.starts_with("-token"))
    };
    account.secrets.iter().map(|it| it.name.as_str()).filter(own)
}

/// Fails for a mounted Secret that is the token of an account of the namespace, whoever mounts it.
pub(crate) fn mounted_token(secret: &str, namespace: &str, kube: &Kube) -> Verdict {
    let owner = within(kube.service_accounts.known()?, namespace)
        .iter()
        .find(|it| token_secrets(it).any(|it| it == secret) || is_generated(secret, it));
    let say = |it: &ServiceAccount| {
        format!("mounts Secret {secret}, a token of account {}", it.metadata.name)
    };
    Ok(Judgement::of(owner.map(say).into_iter().collect()))
}

/// Whether an account is a controller's of the control plane, or only components that AWS manages run as it.
pub(crate) fn is_managed(account: &ServiceAccount, kube: &Kube) -> Result<bool, Gap> {
    let (namespace, name) = (&account.metadata.namespace, &account.metadata.name);
    if namespace == "kube-system" && catalogue::is_controller_account(name) {
        return Ok(true);
    }
    kube.all_workloads()?;
    let is_user = |it: &&Workload| it.template.service_account() == name;
    let mut users = kube.workloads_in(namespace).iter().filter(is_user).peekable();
    Ok(users.peek().is_some() && users.all(is_managed_by_aws))
}

/// Whether a Secret is named as the token controller names an account's, before 1.24 one for each account.
fn is_generated(secret: &str, account: &ServiceAccount) -> bool {
    const ALPHABET: &str = "bcdfghjklmnpqrstvwxz2456789";
    let rest = secret.strip_prefix(account.metadata.name.as_str());
    rest.and_then(|it| it.strip_prefix("-token-"))
        .is_some_and(|it| it.len() == 5 && it.chars().all(|it| ALPHABET.contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_names_are_told_from_others() {
        let mut account = ServiceAccount::default();
        "web".clone_into(&mut account.metadata.name);
        for (secret, expected) in [
            ("web-token-x7k2z", true),
            ("web-token-vault", false),
            ("web-token", false),
            ("api-token-x7k2z", false),
            ("web-token-x7k2zz", false),
        ] {
            assert_eq!(is_generated(secret, &account), expected, "{secret}");
        }
    }
}
