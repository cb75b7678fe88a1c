use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{Rights, machines, named, wide};
use crate::{
    Check, Rule,
    action_sets::remote_exec,
    iam::{Answer, Estate, everywhere::everywhere, reach::Reached},
    inspect::{first, holders::PUSH},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, estate: &Estate<'_>) -> Verdict {
    let context = reached.policies.context.clone().untagged();
    let policies = &reached.policies;
    // An image takes its layers too.
    let pushes = PUSH.iter().all(|action| {
        let kind = "ecr:R:A:repository/*";
        everywhere(policies, action, kind, &reached.role.arn, &context).answer != Answer::No
    });
    let skipped = |action: &str| action.starts_with("ecr:") && !pushes;
    let all = verdict(reached, wide(reached.role, policies, &context, remote_exec(), skipped));
    let machines = machines(reached, estate).map(|(facts, answer)| match answer {
        Answer::No => Judgement::pass(),
        _ => fail(reached, first(facts), answer),
    });
    let named = verdict(reached, named(reached));
    let unread = policies.unread.iter().map(|it| Err(it.clone()));
    let verdict = any([all, machines, named].into_iter().chain(unread))?;
    Ok(match verdict {
        Judgement::Fail { mut facts, possible, not_considered } => {
            facts.extend(reached.facts());
            Judgement::Fail { facts, possible, not_considered }
        }
        other => other,
    })
}

fn verdict(reached: &Reached<'_>, rights: Rights<'_>) -> Verdict {
    let answer = rights.answer;
    Ok(match rights.facts() {
        facts if facts.is_empty() => Judgement::pass(),
        facts => fail(reached, facts, answer),
    })
}

fn fail(reached: &Reached<'_>, facts: Vec<String>, answer: Answer) -> Judgement {
    let possible = answer.min(reached.answer()) == Answer::Maybe;
    Judgement::Fail { facts, possible, not_considered: reached.policies.limits_unread.clone() }
}
