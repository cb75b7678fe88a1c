use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::replicas;
use crate::{
    Check, Context, Rule,
    inventory::{cluster::HorizontalPodAutoscaler, cluster::selects, workload::Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    match workload.kind.as_str() {
        "Pod" if workload.mirror => return Ok(Judgement::not_applicable("a static pod")),
        "Pod" => return Ok(Judgement::of(vec!["no controller owns the pod".to_owned()])),
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {}
        kind => return Ok(Judgement::not_applicable(format!("a {kind} has no replicas"))),
    }
    if replicas(workload, context) == Ok(0) {
        return Ok(Judgement::not_applicable("replicas: 0"));
    }
    let judged = match context.kube.horizontal_pod_autoscalers.known() {
        Err(gap) => any([one_replica(workload, context), Err(gap)])?,
        Ok(list) => match list.iter().find(|it| scales(it, workload)) {
            None => one_replica(workload, context)?,
            Some(it) if 1 < it.spec.min_replicas.unwrap_or(1) => Judgement::pass(),
            Some(it) => Judgement::of(vec![format!(
                "HorizontalPodAutoscaler {} has minReplicas: {}",
                it.metadata.name,
                it.spec.min_replicas.unwrap_or(1)
            )]),
        },
    };
    Ok(match judged {
        Judgement::Fail { facts, .. } if workload.is_listed(&context.settings.leader_elected) => {
            Judgement::accepted(facts, "listed in `leader_elected`")
        }
        judged => judged,
    })
}

/// Ingresses and webhooks lead to pods through a Service, too.
fn one_replica(workload: &Workload, context: &Context<'_>) -> Verdict {
    if replicas(workload, context)? != 1 {
        return Ok(Judgement::pass());
    }
    let namespace = &workload.namespace;
    let services = context.kube.services.known()?.iter().filter(|it| {
        it.metadata.namespace == *namespace && selects(&it.spec.selector, &workload.pod_labels)
    });
    Ok(Judgement::of(
        services.map(|it| format!("replicas: 1 behind Service {}", it.metadata.name)).collect(),
    ))
}

fn scales(autoscaler: &HorizontalPodAutoscaler, workload: &Workload) -> bool {
    let target = &autoscaler.spec.scale_target_ref;
    autoscaler.metadata.namespace == workload.namespace
        && target.kind == workload.kind
        && target.name == workload.name
}
