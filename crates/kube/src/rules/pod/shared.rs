//! Namespaces of pods, and what stands in them.

use eksray_rule::Verdict;

use crate::{
    inventory::{
        pod::{PodSpec, container::Container, volume::Volume},
        workload::Workload,
    },
    managed::{self, Setting},
};

/// Judges a flag of the pod: that of the template, or else of a live pod.
pub(super) fn judge(
    workload: &Workload,
    setting: Setting<'_>,
    fact: impl Fn(&PodSpec) -> Option<String>,
) -> Verdict {
    let live = || workload.variants.iter().find_map(&fact).map(|it| format!("{it} in a live pod"));
    let fact = fact(&workload.template).or_else(live);
    Ok(managed::judge(workload, fact.map(|it| (it, setting))))
}

/// Whether a container has Secrets, or credentials that are none, in variables, arguments or files.
pub(super) fn sees_secrets(spec: &PodSpec, container: &Container) -> bool {
    let from_key = |it: &crate::inventory::pod::container::EnvVar| {
        it.value_from.as_ref().is_some_and(|it| it.secret_key_ref.is_some())
    };
    let is_secret = |it: &Volume| {
        let projected = it.projected.iter().flat_map(|it| &it.sources);
        it.secret.is_some()
            || it.csi.as_ref().is_some_and(|it| it.driver == "secrets-store.csi.k8s.io")
            || projected.into_iter().any(|it| it.secret.is_some())
    };
    let mounts = |volume: &Volume| container.volume_mounts.iter().any(|it| it.name == volume.name);
    !container.credentials.is_empty()
        || container.env_from.iter().any(|it| it.secret_ref.is_some())
        || container.env.iter().any(from_key)
        || spec.volumes.iter().any(|it| is_secret(it) && mounts(it))
}
