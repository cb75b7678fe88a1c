use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    AccountContext, Check, Rule,
    iam::{Answer, Policies, admin, reach::Reached},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, context: &AccountContext<'_>) -> Verdict {
    let role = reached.role;
    if role.arn.contains(":role/aws-service-role/") {
        return Ok(Judgement::not_applicable("service-linked: AWS owns its policy"));
    }
    let iam = context.account.iam.known()?;
    let found = admin(role, &Policies::of_role(role, iam, &reached.session()))?;
    if found.answer == Answer::No {
        return Ok(Judgement::pass());
    }
    let mut facts = found.facts;
    facts.extend(reached.facts());
    let possible = found.answer.min(reached.answer()) == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: found.not_considered })
}
