use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{one_replica, replicas, scaler};
use crate::{Check, Context, Rule, inventory::workload::Workload};

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
    let judged = match scaler(workload, context) {
        Err(gap) => any([one_replica(workload, context), Err(gap)])?,
        Ok(None) => one_replica(workload, context)?,
        Ok(Some(it)) => match (&it.metadata.name, it.spec.min_replicas.unwrap_or(1)) {
            (name, min @ ..=1) => {
                Judgement::of(vec![format!("autoscaler {name} has minReplicas: {min}")])
            }
            _ => Judgement::pass(),
        },
    };
    Ok(match judged {
        Judgement::Fail { facts, .. } if workload.is_listed(&context.settings.leader_elected) => {
            Judgement::accepted(facts, "listed in `leader_elected`")
        }
        judged => judged,
    })
}
