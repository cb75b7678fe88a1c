use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Rights, controller, own_resources, wide};
use crate::{
    Check, Rule,
    action_sets::{nodes_need, tampering},
    iam::{
        Answer, Estate, Request, Target, decide,
        reach::{Reached, Via},
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::ReachableRole(check),
};

fn check(reached: &Reached<'_>, estate: &Estate<'_>) -> Verdict {
    let policies = &reached.policies;
    let context = policies.context.clone().untagged();
    // What nodes need is judged by the rules on their roles.
    let is_node = reached.routes.iter().any(|it| it.via == Via::Node);
    let skipped = |action: &str| is_node && nodes_need(action);
    let mut rights: Rights<'_> = wide(reached.role, policies, &context, tampering(), skipped);
    let (own, hidden) = own_resources(reached, estate);
    for (action, resource) in own {
        let request = Request { action, resource: Target::All(&resource), context: &context };
        if !skipped(action) && !rights.has(action) {
            rights.note("of the cluster", action, &decide(policies, &request));
        }
    }
    if rights.answer == Answer::No {
        let (action, resource) = ("ec2:AuthorizeSecurityGroupIngress", Target::Any("*"));
        let opens = decide(policies, &Request { action, resource, context: &policies.context });
        let hidden = hidden.filter(|_| opens.answer != Answer::No);
        let gap = policies.unread.first().cloned().or(hidden);
        return gap.map_or(Ok(Judgement::pass()), Err);
    }
    let possible = rights.answer.min(reached.answer()) == Answer::Maybe;
    let mut facts = rights.facts();
    if let Some(controller) = controller(reached) {
        return Ok(Judgement::accepted(facts, format!("by design of {}", controller.name)));
    }
    facts.extend(reached.facts());
    // A role that may be of nodes is not excused what nodes need.
    let nodes = estate.node_gaps.iter().filter(|_| !is_node);
    let not_considered = policies.limits_unread.iter().chain(nodes).cloned().collect();
    Ok(Judgement::Fail { facts, possible, not_considered })
}
