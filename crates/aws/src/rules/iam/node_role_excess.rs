use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::beyond;
use crate::{
    Check, Rule,
    action_sets::nodes_need,
    iam::{Answer, Estate, Policies, Request, Target, decide},
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &["5.1.3"],
    check: Check::NodeRole(check),
};

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let policies = estate.policies_of(role)?;
    let excess = beyond(&policies, nodes_need);
    let mut more = excess.reads;
    more.extend(reads_parameters(&policies));
    if excess.facts.is_empty() {
        return match policies.unread.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(Judgement::Pass { facts: more }),
        };
    }
    let mut facts = excess.facts;
    facts.extend(more);
    let not_considered = [policies.unread, policies.limits_unread].concat();
    Ok(Judgement::Fail { facts, possible: excess.answer == Answer::Maybe, not_considered })
}

/// The managed policy of Systems Manager reads every parameter; that is its price, and worth knowing.
fn reads_parameters(policies: &Policies) -> Option<String> {
    let resource = Target::All("*");
    let request = Request { action: "ssm:GetParameter", resource, context: &policies.context };
    let decision = decide(policies, &request);
    (decision.answer == Answer::Yes)
        .then(|| format!("ssm:GetParameter on * ({})", decision.by.join(", ")))
}
