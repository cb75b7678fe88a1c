use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::{selected, setting};
use crate::{
    Check, Context, Rule,
    facts::few,
    inventory::{cluster::CustomObject, workload::Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::SecurityGroups],
    cis: &[],
    check: Check::SecurityGroupPolicy(check),
};

fn check(policy: &CustomObject, context: &Context<'_>) -> Verdict {
    let gap = context.kube.workload_gaps.first().cloned();
    let selected = selected(policy, context)?;
    if selected.is_empty() {
        let facts = vec!["it selects no pod".to_owned()];
        return gap.map_or_else(|| Ok(Judgement::of(facts)), Err);
    }
    // On Fargate groups apply without an agent.
    let pods: Vec<&Workload> = selected.into_iter().filter(|it| !it.is_fargate()).collect();
    if pods.is_empty() && gap.is_none() {
        return Ok(Judgement::not_applicable("selects only pods on Fargate"));
    }
    let without: Vec<String> = pods
        .iter()
        .filter(|it| it.pods.with_eni < it.pods.running)
        .map(|it| {
            let (some, all) = (it.pods.running - it.pods.with_eni, it.pods.running);
            format!("{some} of {all} pods of {} {}", it.kind.to_lowercase(), it.name)
        })
        .collect();
    let bare = match without.as_slice() {
        [] => Judgement::pass(),
        some => {
            Judgement::of(vec![format!("no annotation vpc.amazonaws.com/pod-eni on {}", few(some))])
        }
    };
    any([agent(context), Ok(bare), gap.map_or_else(|| Ok(Judgement::pass()), Err::<_, Gap>)])
}

fn agent(context: &Context<'_>) -> Verdict {
    let Some(agent) = context.kube.workload("DaemonSet", "kube-system", "aws-node") else {
        context.kube.all_workloads()?;
        return Ok(Judgement::of(vec!["no DaemonSet aws-node".to_owned()]));
    };
    if setting(agent, "ENABLE_POD_ENI") != Some("true") {
        return Ok(Judgement::of(vec!["aws-node lacks ENABLE_POD_ENI: true".to_owned()]));
    }
    let mode = setting(agent, "POD_SECURITY_GROUP_ENFORCING_MODE").unwrap_or("strict");
    Ok(Judgement::Pass { facts: vec![format!("POD_SECURITY_GROUP_ENFORCING_MODE: {mode}")] })
}
