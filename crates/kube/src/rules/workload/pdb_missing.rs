use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{budget::budgets, replicas};
use crate::{Check, Context, Rule, inventory::workload::Workload, netpol::Answer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    if !matches!(workload.kind.as_str(), "Deployment" | "StatefulSet") {
        let why = format!("a {} needs no budget", workload.kind);
        return Ok(Judgement::not_applicable(why));
    }
    let replicas = match replicas(workload, context)? {
        0 => return Ok(Judgement::not_applicable("replicas: 0")),
        1 => return Ok(Judgement::not_applicable("replicas: 1, see workload-singleton")),
        more => more,
    };
    let budgets = budgets(workload, context)?;
    let certain = budgets.iter().any(|(_, it)| *it == Answer::Yes);
    if certain {
        return Ok(Judgement::pass());
    }
    let mut facts = vec![format!("no PodDisruptionBudget selects its {replicas} replicas")];
    let maybe = budgets.first().map(|(it, _)| &it.metadata.name);
    facts.extend(maybe.map(|it| format!("{it} may select some of them")));
    let possible = maybe.is_some();
    let not_considered = context.kube.workload_gaps.clone();
    Ok(Judgement::Fail { facts, possible, not_considered })
}
