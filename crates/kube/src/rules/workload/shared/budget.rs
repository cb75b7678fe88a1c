//! Disruption budgets: which pods they hold, and how many of them may go.

use eksray_rule::{Gap, Judgement, Verdict};

use crate::{
    Context,
    inventory::{
        availability::PodDisruptionBudget,
        order::within,
        workload::{IntOrString, Rounding, Workload},
    },
    netpol::{Answer, selects},
    rules::workload::shared::{replicas, scaler},
};

/// Budgets that select pods of a workload, or may.
pub(in crate::rules::workload) fn budgets<'a>(
    workload: &Workload,
    context: &Context<'a>,
) -> Result<Vec<(&'a PodDisruptionBudget, Answer)>, Gap> {
    let all = context.kube.pod_disruption_budgets.known()?;
    let own = within(all, &workload.namespace).iter();
    let selecting = own.filter_map(|it| {
        let answer = selects(it.spec.selector.as_ref()?, workload);
        (answer != Answer::No).then_some((it, answer))
    });
    Ok(selecting.collect())
}

/// Workloads whose pods a budget selects, or may; pods of Jobs come and go by themselves.
pub(in crate::rules::workload) fn selected<'a>(
    budget: &PodDisruptionBudget,
    context: &Context<'a>,
) -> Vec<(&'a Workload, Answer)> {
    let Some(selector) = &budget.spec.selector else { return Vec::new() };
    let all = context.kube.workloads_in(&budget.metadata.namespace).iter();
    let selected = all.map(|it| (it, selects(selector, it)));
    selected.filter(|(_, it)| *it != Answer::No).collect()
}

/// What refuses every eviction, however many pods there are.
pub(in crate::rules::workload) fn never_evicts(budget: &PodDisruptionBudget) -> Vec<String> {
    let spec = &budget.spec;
    let is = |amount: &Option<IntOrString>, number: u32, share: &str| match amount {
        Some(IntOrString::Int(it)) => *it == number && number == 0,
        Some(IntOrString::String(it)) => it == share,
        None => false,
    };
    let mut facts = Vec::new();
    if is(&spec.max_unavailable, 0, "0%") {
        facts.push(format!("maxUnavailable: {}", written(spec.max_unavailable.as_ref())));
    }
    if is(&spec.min_available, 1, "100%") {
        facts.push("minAvailable: 100%".to_owned());
    }
    facts
}

/// Judges a budget by the pods that are there at full health, or that autoscalers leave at least.
pub(in crate::rules::workload) fn expected(
    budget: &PodDisruptionBudget,
    selected: &[&Workload],
    context: &Context<'_>,
) -> Verdict {
    if !never_evicts(budget).is_empty() {
        return Ok(Judgement::pass());
    }
    let (mut total, mut gap) = (0_u32, None);
    for workload in selected {
        match least(workload, context) {
            Ok(pods) => total = total.saturating_add(pods),
            Err(it) => gap = Some(it),
        }
    }
    if let Some(gap) = gap {
        return Err(gap);
    }
    let spec = &budget.spec;
    let Some(needed) = spec.min_available.as_ref().and_then(|it| it.of(total, Rounding::Up)) else {
        return Ok(Judgement::pass());
    };
    let stuck = 0 < total && total <= needed;
    let amount = written(spec.min_available.as_ref());
    let fact = format!("minAvailable: {amount} of {total} pods");
    Ok(Judgement::of(stuck.then_some(fact).into_iter().collect()))
}

/// Pods of a workload at the least.
fn least(workload: &Workload, context: &Context<'_>) -> Result<u32, Gap> {
    match workload.kind.as_str() {
        "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController" => {}
        _ => return Ok(workload.pods.count),
    }
    let replicas = replicas(workload, context)?;
    if replicas == 0 {
        return Ok(0);
    }
    let own = scaler(workload, context)?;
    Ok(own.map_or(replicas, |it| it.spec.min_replicas.unwrap_or(1)))
}

fn written(amount: Option<&IntOrString>) -> String {
    match amount {
        Some(IntOrString::Int(number)) => number.to_string(),
        Some(IntOrString::String(text)) => text.clone(),
        None => String::new(),
    }
}
