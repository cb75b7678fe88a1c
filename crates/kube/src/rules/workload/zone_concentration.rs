use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{
    placement::{placement, spread},
    replicas,
};
use crate::{Check, Context, Rule, inventory::workload::Workload};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    if !matches!(workload.kind.as_str(), "Deployment" | "StatefulSet") {
        return Ok(Judgement::not_applicable(format!("a {} has no replicas", workload.kind)));
    }
    let replicas = match replicas(workload, context)? {
        0 => return Ok(Judgement::not_applicable("replicas: 0")),
        1 => return Ok(Judgement::not_applicable("replicas: 1, see workload-singleton")),
        more => more,
    };
    let placement = placement(workload, context)?;
    if placement.zones_of_cluster == 1 {
        return Ok(Judgement::not_applicable("the nodes are in one zone, see subnet-single-az"));
    }
    let pods = &workload.pods;
    let together = match pods.nodes.first() {
        Some(node) if pods.nodes.len() == 1 && 2 <= pods.running => {
            vec![format!("all {} running pods are on node {node}", pods.running)]
        }
        _ => Vec::new(),
    };
    let asks = match spread(workload) {
        Ok(()) => Judgement::pass(),
        // The scheduler may have defaults that nobody can see: where pods are decides.
        Err(_) if 2 <= placement.zones => {
            Judgement::Pass { facts: vec![format!("its pods are in {} zones", placement.zones)] }
        }
        Err(fact) => Judgement::Fail {
            facts: vec![format!("replicas: {replicas}, {fact}")],
            possible: false,
            not_considered: context.kube.workload_gaps.clone(),
        },
    };
    any([Ok(asks), Ok(Judgement::of(together))])
}
