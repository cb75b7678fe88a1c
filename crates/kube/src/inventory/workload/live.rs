//! What a live pod says that its template does not.
//!
//! Admission fills defaults in and mounts tokens; none of that may look like a difference.

use crate::inventory::pod::{
    PodSpec, container::Container, placement::Affinity, resources::Resources, volume::Volume,
};

/// Variables that the webhooks of IAM roles for service accounts and of EKS Pod Identity inject.
const INJECTED_VARIABLES: &[&str] = &[
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_ROLE_ARN",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/// A live specification without its node and without what is injected into every pod.
pub(super) fn settled(mut spec: PodSpec) -> PodSpec {
    spec.node_name.clear();
    let injected: Vec<String> =
        spec.volumes.iter().filter(|it| is_injected(it)).map(|it| it.name.clone()).collect();
    spec.volumes.retain(|it| !is_injected(it));
    for container in containers(&mut spec) {
        container.volume_mounts.retain(|it| !injected.contains(&it.name));
        container.env.retain(|it| {
            it.value_from.is_some() || !INJECTED_VARIABLES.contains(&it.name.as_str())
        });
    }
    spec
}

/// A specification without what differs from pod to pod: claims of a StatefulSet, tolerations and
/// pull secrets that admission adds, variables that hold no secret; and without what admission, autoscalers
/// and meshes write and no rule reads of a live pod: resources, probes, placement, classes.
pub(super) fn comparable(spec: &PodSpec) -> PodSpec {
    let mut spec = settled(spec.clone());
    spec.tolerations.clear();
    spec.image_pull_secrets.clear();
    spec.topology_spread_constraints.clear();
    spec.affinity = Affinity::default();
    spec.resources = Resources::default();
    spec.priority_class_name.clear();
    spec.runtime_class_name.clear();
    spec.service_account_name = spec.service_account().to_owned();
    spec.volumes.retain(|it| it.persistent_volume_claim.is_none());
    for container in containers(&mut spec) {
        container.resources = Resources::default();
        container.liveness_probe = None;
        container.readiness_probe = None;
        container.startup_probe = None;
        container
            .env
            .retain(|it| it.value_from.as_ref().is_some_and(|from| from.secret_key_ref.is_some()));
    }
    spec
}

/// By name and content: a `hostPath` that goes by the name of a token volume is none.
fn is_injected(volume: &Volume) -> bool {
    let name = volume.name.as_str();
    let named = name.starts_with("kube-api-access-")
        || matches!(name, "aws-iam-token" | "eks-pod-identity-token");
    named && volume.projected.is_some() && volume.host_path.is_none()
}

fn containers(spec: &mut PodSpec) -> impl Iterator<Item = &mut Container> {
    let lists = [&mut spec.init_containers, &mut spec.containers, &mut spec.ephemeral_containers];
    lists.into_iter().flatten()
}
