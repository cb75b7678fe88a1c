use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::wide;
use crate::{
    Check, Rule,
    action_sets::data_wildcard,
    iam::{Answer, Estate, Policies, reach::Reached},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::SecretsManager, Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, _: &Estate<'_>) -> Verdict {
    let policies = &reached.policies;
    let context = policies.context.clone().untagged();
    let counted = without_systems_manager(reached);
    let rights = wide(reached.role, &counted, &context, data_wildcard(), |_| false);
    if rights.answer == Answer::No {
        return match policies.unread.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(Judgement::pass()),
        };
    }
    let possible = rights.answer.min(reached.answer()) == Answer::Maybe;
    let mut facts = rights.facts();
    facts.extend(reached.facts());
    Ok(Judgement::Fail { facts, possible, not_considered: policies.limits_unread.clone() })
}

/// That the managed policy for instances reads every parameter is told by the rule on node roles.
fn without_systems_manager(reached: &Reached<'_>) -> Policies {
    let name = "AmazonSSMManagedInstanceCore";
    let managed = format!(":aws:policy/{name}");
    let mut policies = reached.policies.clone();
    if reached.role.attached_policies.iter().any(|it| it.ends_with(&managed)) {
        policies.identity.retain(|it| it.name != name);
    }
    policies
}
