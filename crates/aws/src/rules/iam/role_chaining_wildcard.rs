use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::foreign_roles;
use crate::{
    Check, Rule,
    iam::{Answer, Estate, everywhere::everywhere, reach::Reached},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, _: &Estate<'_>) -> Verdict {
    if reached.admin().as_ref().is_ok_and(|it| it.answer != Answer::No) {
        return Ok(Judgement::not_applicable("judged by iam-role-admin"));
    }
    let (policies, role) = (&reached.policies, reached.role.arn.as_str());
    // A service that nobody has heard of: whoever may pass to it may pass to any.
    let context = policies.context.clone().untagged();
    let context = context.with_value("iam:PassedToService", "qzx7d1f.amazonaws.com");
    let mut asked = vec![("sts:AssumeRole", role.to_owned()), ("iam:PassRole", role.to_owned())];
    let foreign = foreign_roles(policies, "sts:AssumeRole", role);
    asked.extend(foreign.into_iter().map(|it| ("sts:AssumeRole", it)));
    let (mut facts, mut answer) = (Vec::new(), Answer::No);
    for (action, role) in asked {
        let decision = everywhere(policies, action, "iam::A:role/*", &role, &context);
        if decision.answer == Answer::No {
            continue;
        }
        answer = answer.max(decision.answer);
        let account = role.split(':').nth(4).unwrap_or_default();
        let by = decision.by.join(", ");
        facts.push(match action {
            "iam:PassRole" => format!("{action} of every role, to any service ({by})"),
            _ => format!("{action} on every role of account {account} ({by})"),
        });
    }
    if facts.is_empty() {
        return policies.unread.first().map_or(Ok(Judgement::pass()), |gap| Err(gap.clone()));
    }
    facts.extend(reached.facts());
    let possible = answer.min(reached.answer()) == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: policies.limits_unread.clone() })
}
