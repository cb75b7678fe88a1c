use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{excuse, is_selected, name, subjects};
use crate::{Check, Context, Rule, facts::few, inventory::cluster::Namespace};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &["4.3.2"],
    check: Check::Namespace(check),
};

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let subjects = subjects(namespace, context);
    if is_selected(&subjects, context) {
        return Ok(Judgement::pass());
    }
    // A workload that was not read may be one that a policy selects.
    if let Some(gap) = context.netpols.gap().or(context.kube.workload_gaps.first()) {
        return Err(gap.clone());
    }
    if subjects.is_empty() {
        let all = context.kube.workloads_in(&namespace.metadata.name);
        let why = if all.is_empty() { "no pods" } else { "only hostNetwork pods" };
        return Ok(Judgement::not_applicable(why));
    }
    let names: Vec<String> = subjects.iter().map(|it| name(it)).collect();
    let mut facts = vec![format!("no policy selects {}", few(&names))];
    let selected = subjects.iter().flat_map(|it| context.netpols.of(it));
    let maybe: Vec<String> = selected.map(|(it, _)| it.title()).collect();
    if let Some(first) = maybe.first() {
        facts.push(format!("{first} may, in words that are not understood"));
    }
    Ok(match excuse(namespace, context, facts) {
        Judgement::Fail { facts, not_considered, .. } => {
            Judgement::Fail { facts, possible: !maybe.is_empty(), not_considered }
        }
        other => other,
    })
}
