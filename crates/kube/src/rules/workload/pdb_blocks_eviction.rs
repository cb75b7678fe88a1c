use eksray_rule::{Judgement, Part, Severity, Verdict, any};
use jiff::SignedDuration;

use super::shared::budget::{budgets, expected, never_evicts, selected};
use crate::{
    Check, Context, Rule,
    inventory::{availability::PodDisruptionBudget, workload::Workload},
    netpol::Answer,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(10), Part::Patching],
    cis: &[],
    check: Check::PodDisruptionBudget(check),
};

fn check(budget: &PodDisruptionBudget, context: &Context<'_>) -> Verdict {
    let selected = selected(budget, context);
    let unread = context.kube.workload_gaps.first().cloned();
    let certain: Vec<&Workload> =
        selected.iter().filter(|(_, it)| *it == Answer::Yes).map(|(it, _)| *it).collect();
    let mut parts: Vec<Verdict> = vec![Ok(Judgement::of(never_evicts(budget)))];
    parts.extend(certain.iter().map(|it| overlap(budget, it, context)));
    parts.push(Ok(Judgement::of(stuck(budget, &certain, context))));
    parts.push(match unread {
        Some(gap) => Err(gap),
        None if selected.is_empty() => Ok(Judgement::of(vec!["it selects no workload".to_owned()])),
        None => expected(budget, &certain, context),
    });
    any(parts)
}

fn overlap(budget: &PodDisruptionBudget, workload: &Workload, context: &Context<'_>) -> Verdict {
    let others = budgets(workload, context)?;
    let other = others
        .iter()
        .find(|(it, answer)| *answer == Answer::Yes && it.metadata.name != budget.metadata.name);
    Ok(Judgement::of(other.map_or_else(Vec::new, |(other, _)| {
        let (kind, name) = (workload.kind.to_lowercase(), &workload.name);
        vec![format!("{} selects {kind} {name}, too: eviction is refused", other.metadata.name)]
    })))
}

/// Pods that are broken anyway, and that the budget keeps on their node.
fn stuck(budget: &PodDisruptionBudget, pods: &[&Workload], context: &Context<'_>) -> Vec<String> {
    if budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow" {
        return Vec::new();
    }
    let long = |it: &&&Workload| {
        let since = it.pods.unready_since.map(|it| context.now.duration_since(it));
        since.is_some_and(|it| SignedDuration::from_hours(1) < it)
    };
    let stuck = pods.iter().filter(long).take(5).map(|it| {
        let (kind, name) = (it.kind.to_lowercase(), &it.name);
        format!("a pod of {kind} {name} is unready for over an hour, without unhealthyPodEvictionPolicy: AlwaysAllow")
    });
    stuck.collect()
}
