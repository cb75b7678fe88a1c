//! How many pods a workload asks for, and how many a rollout may take away at once.

pub(super) mod budget;
pub(super) mod placement;
pub(super) mod references;
pub(super) mod resources;

use eksray_rule::{Gap, Judgement, Reason, Verdict};

use crate::{
    Context,
    inventory::{
        cluster::{HorizontalPodAutoscaler as Autoscaler, selects},
        network::Service,
        order::{named, within},
        pod::container::{Container, Probe},
        workload::{IntOrString, Rounding, Workload},
    },
};

/// Desired replicas of a Deployment, StatefulSet, ReplicaSet or ReplicationController.
pub(super) fn replicas(workload: &Workload, context: &Context<'_>) -> Result<u32, Gap> {
    match workload.replicas {
        Some(replicas) if !workload.stand_in => Ok(replicas),
        _ => Err(unread(workload, context)),
    }
}

/// Why only references name the workload.
pub(super) fn unread(workload: &Workload, context: &Context<'_>) -> Gap {
    context.kube.workload_gaps.first().cloned().unwrap_or_else(|| Gap {
        call: format!("list {}s", workload.kind.to_lowercase()),
        reason: Reason::NotCollected,
        detail: format!("only owner references name {}", workload.name),
    })
}

/// `maxUnavailable` of a rolling update if it takes all of `replicas` away at once.
///
/// Percentages are rounded as the controllers do: `maxUnavailable` down, `maxSurge` up, and a rollout
/// that may neither remove nor add a pod removes one.
pub(super) fn all_unavailable(workload: &Workload, replicas: u32) -> Option<String> {
    let (unavailable, surge) = (&workload.strategy.max_unavailable, &workload.strategy.max_surge);
    let resolved = match workload.kind.as_str() {
        "Deployment" => {
            let quarter = IntOrString::String("25%".to_owned());
            let surge = surge.as_ref().unwrap_or(&quarter).of(replicas, Rounding::Up)?;
            let removed = unavailable.as_ref().unwrap_or(&quarter).of(replicas, Rounding::Down)?;
            if surge == 0 { removed.max(1) } else { removed }
        }
        _ => unavailable.as_ref()?.of(replicas, Rounding::Down)?.max(1),
    };
    (resolved >= replicas).then(|| match unavailable {
        Some(IntOrString::Int(number)) => {
            format!("rollingUpdate.maxUnavailable: {number} of {replicas} replicas")
        }
        Some(IntOrString::String(share)) => {
            format!("rollingUpdate.maxUnavailable: {share} of {replicas} replicas")
        }
        None => format!("rollingUpdate may take {resolved} of {replicas} replicas away"),
    })
}

/// Whether the template mounts a claim that only one node or pod may hold at a time.
pub(super) fn single_writer(workload: &Workload, context: &Context<'_>) -> Result<bool, Gap> {
    let volumes = &workload.template.volumes;
    let names: Vec<&str> = volumes
        .iter()
        .filter_map(|it| it.persistent_volume_claim.as_ref())
        .map(|it| it.claim_name.as_str())
        .collect();
    if names.is_empty() {
        return Ok(false);
    }
    let all = context.kube.persistent_volume_claims.known()?;
    let mut claims = names.into_iter().filter_map(|it| named(all, &workload.namespace, it));
    Ok(claims.any(|claim| {
        let modes = &claim.spec.access_modes;
        !modes.is_empty() && modes.iter().all(|it| it.starts_with("ReadWriteOnce"))
    }))
}

/// Judges a workload that no autoscaler scales. Ingresses and webhooks lead to pods through a Service, too.
pub(super) fn one_replica(workload: &Workload, context: &Context<'_>) -> Verdict {
    if replicas(workload, context)? != 1 {
        return Ok(Judgement::pass());
    }
    let services = in_front(workload, context)?;
    let facts = services.map(|it| format!("replicas: 1 behind Service {}", it.metadata.name));
    Ok(Judgement::of(facts.collect()))
}

/// The autoscaler of a workload.
pub(super) fn scaler<'a>(
    workload: &Workload,
    context: &Context<'a>,
) -> Result<Option<&'a Autoscaler>, Gap> {
    let autoscalers = context.kube.horizontal_pod_autoscalers.known()?;
    Ok(within(autoscalers, &workload.namespace).iter().find(|it| scales(it, workload)))
}

/// Whether an autoscaler sets the replicas of a workload.
pub(super) fn scales(autoscaler: &Autoscaler, workload: &Workload) -> bool {
    let target = &autoscaler.spec.scale_target_ref;
    autoscaler.metadata.namespace == workload.namespace
        && target.kind == workload.kind
        && target.name == workload.name
}

/// The Services that select the pods of a workload.
pub(super) fn in_front<'a>(
    workload: &Workload,
    context: &Context<'a>,
) -> Result<impl Iterator<Item = &'a Service>, Gap> {
    let services = within(context.kube.services.known()?, &workload.namespace).iter();
    Ok(services.filter(|it| selects(&it.spec.selector, &workload.pod_labels)))
}

/// Probes that ask a port by a name which the container does not declare: they fail for ever.
pub(super) fn unnamed_ports(container: &Container) -> Vec<String> {
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    let said = probes.into_iter().filter_map(|(field, probe)| {
        let Some(Probe { port: Some(IntOrString::String(name)) }) = probe else { return None };
        // A number may be written as a text.
        let known =
            container.ports.iter().any(|it| it.name == *name) || name.parse::<u16>().is_ok();
        let of = &container.name;
        (!known).then(|| {
            format!("{field} of container {of} asks port {name}, which it does not declare")
        })
    });
    said.collect()
}
