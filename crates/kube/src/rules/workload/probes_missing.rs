use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{in_front, unnamed_ports};
use crate::{
    Check, Context, Rule,
    facts::{few, first_five},
    inventory::{pod::container::Container, workload::Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    if !matches!(workload.kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet") {
        let why = format!("a {} is not probed for readiness", workload.kind);
        return Ok(Judgement::not_applicable(why));
    }
    let containers = &workload.template.containers;
    let wrong = first_five(containers.iter().flat_map(unnamed_ports));
    any([Ok(Judgement::of(wrong)), missing(workload, containers, context)])
}

fn missing(workload: &Workload, containers: &[Container], context: &Context<'_>) -> Verdict {
    let lacks = |has: fn(&Container) -> bool, what: &str| {
        let without = containers.iter().filter(|it| !has(it)).map(|it| it.name.as_str());
        let without: Vec<&str> = without.collect();
        let fact = format!("no {what}: {}", few(&without));
        (!without.is_empty()).then_some(fact)
    };
    let not_ready = lacks(|it| it.readiness_probe.is_some(), "readinessProbe");
    let not_alive = lacks(|it| it.liveness_probe.is_some(), "livenessProbe");
    if not_ready.is_none() && not_alive.is_none() {
        return Ok(Judgement::pass());
    }
    let Some(service) = in_front(workload, context)?.next() else {
        return Ok(Judgement::Pass { facts: not_alive.into_iter().collect() });
    };
    let behind = format!("Service {} selects the pods", service.metadata.name);
    Ok(Judgement::of(not_ready.into_iter().chain(not_alive).chain([behind]).collect()))
}
