use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::controller;
use crate::{
    Check, Rule,
    iam::{Answer, Estate, escalation::escalations, reach::Reached},
    inspect::first,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, estate: &Estate<'_>) -> Verdict {
    if reached.admin().as_ref().is_ok_and(|it| it.answer != Answer::No) {
        return Ok(Judgement::not_applicable("judged by iam-role-admin"));
    }
    let (found, gaps) = escalations(reached, estate, estate.library()?);
    let gaps = [reached.policies.unread.clone(), gaps].concat();
    let Some(surest) = found.iter().map(|it| it.answer).max() else {
        return gaps.into_iter().next().map_or(Ok(Judgement::pass()), Err);
    };
    let by_design = controller(reached).filter(|_| found.iter().all(|it| it.to_node));
    let mut facts = first(found.into_iter().map(|it| it.fact));
    facts.extend(reached.facts());
    if let Some(controller) = by_design {
        return Ok(Judgement::accepted(facts, format!("by design of {}", controller.name)));
    }
    let possible = surest.min(reached.answer()) == Answer::Maybe;
    let not_considered = [gaps, reached.policies.limits_unread.clone()].concat();
    Ok(Judgement::Fail { facts, possible, not_considered })
}
