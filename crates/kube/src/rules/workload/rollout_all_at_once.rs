use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{all_unavailable, replicas, single_writer, unread};
use crate::{
    Check, Context, Rule,
    inventory::workload::{IntOrString, Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let strategy = &workload.strategy;
    let type_ = strategy.type_.as_str();
    let mut facts = Vec::new();
    match workload.kind.as_str() {
        "DaemonSet" if workload.stand_in => return Err(unread(workload, context)),
        "DaemonSet" => match &strategy.max_unavailable {
            _ if type_ == "OnDelete" => {}
            Some(IntOrString::String(share)) if share == "100%" => {
                facts.push("rollingUpdate.maxUnavailable: 100%".to_owned());
            }
            _ => {}
        },
        "Deployment" | "StatefulSet" => match replicas(workload, context)? {
            0 => return Ok(Judgement::not_applicable("replicas: 0")),
            1 => return Ok(Judgement::not_applicable("replicas: 1, see workload-singleton")),
            _ if matches!(type_, "OnDelete" | "Recreate") => {}
            _ if workload.kind == "StatefulSet" && strategy.pod_management_policy != "Parallel" => {
            }
            replicas => facts.extend(all_unavailable(workload, replicas)),
        },
        kind => return Ok(Judgement::not_applicable(format!("a {kind} has no rollout"))),
    }
    match type_ {
        "OnDelete" => facts.push("updateStrategy.type: OnDelete".to_owned()),
        "Recreate" => facts.push("strategy.type: Recreate".to_owned()),
        _ => {}
    }
    if workload.kind == "Deployment" && strategy.revision_history_limit == Some(0) {
        facts.push("revisionHistoryLimit: 0".to_owned());
    } else if type_ == "Recreate" {
        return Ok(match single_writer(workload, context) {
            Ok(true) => {
                Judgement::accepted(facts, "a ReadWriteOnce claim admits one pod at a time")
            }
            Ok(false) => Judgement::of(facts),
            Err(gap) => Judgement::Fail { facts, possible: false, not_considered: vec![gap] },
        });
    }
    Ok(Judgement::of(facts))
}
