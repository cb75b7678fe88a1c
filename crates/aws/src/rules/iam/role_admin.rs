use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Rule,
    iam::{Answer, Estate, reach::Reached},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, _: &Estate<'_>) -> Verdict {
    let role = reached.role;
    if role.arn.contains(":role/aws-service-role/") {
        return Ok(Judgement::not_applicable("service-linked: AWS owns its policy"));
    }
    let found = reached.admin().clone()?;
    if found.answer == Answer::No {
        return Ok(Judgement::pass());
    }
    let mut facts = found.facts;
    facts.extend(reached.facts());
    let possible = found.answer.min(reached.answer()) == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: found.not_considered })
}
