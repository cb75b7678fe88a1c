use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

/// The first version that asks for `create` in either form of a session.
const STRICT: u32 = 35;

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    if shared::is_for_nodes(grant) {
        return Ok(Judgement::not_applicable("NodeRestriction keeps nodes to the pods on them"));
    }
    let minor = context.kube.minor();
    let known = minor.as_ref().ok().copied();
    let verdict = shared::judge_part(grant, context, |rules| sessions(rules, known));
    let proven = || !shared::rights(grant, |rules| sessions(rules, Some(STRICT))).is_empty();
    match (verdict?, minor) {
        (Judgement::Fail { facts, possible, mut not_considered }, Err(gap)) if !proven() => {
            not_considered.push(gap);
            Ok(Judgement::Fail { facts, possible, not_considered })
        }
        (Judgement::Fail { mut facts, possible, not_considered }, _) => {
            if executes(grant, known).is_empty() {
                facts.push("network access only".to_owned());
            }
            Ok(Judgement::Fail { facts, possible, not_considered })
        }
        (other, _) => Ok(other),
    }
}

fn executes(grant: &Grant<'_>, minor: Option<u32>) -> Vec<PolicyRule> {
    shared::rights(grant, |rules| power::executes_in_pods(rules, minor))
}

fn sessions(rules: &Rules<'_>, minor: Option<u32>) -> Vec<PolicyRule> {
    let mut found = power::executes_in_pods(rules, minor);
    found.extend(power::forwards_ports(rules, minor));
    found
}
