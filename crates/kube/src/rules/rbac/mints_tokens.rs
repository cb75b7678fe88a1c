use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &["4.1.12"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    if shared::is_for_nodes(grant) {
        return Ok(Judgement::not_applicable("NodeRestriction keeps nodes to the pods on them"));
    }
    let rights = shared::rights(grant, power::mints_tokens);
    if !rights.is_empty() && rights.iter().all(|it| is_own(grant, it)) {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    shared::judge_part(grant, context, power::mints_tokens)
}

/// Whether a right is for tokens of the subject itself, which it has anyway.
fn is_own(grant: &Grant<'_>, right: &PolicyRule) -> bool {
    let subject = &grant.subject;
    subject.kind == "ServiceAccount"
        && grant.binding.metadata.namespace == subject.namespace
        && right.resource_names == [subject.name.as_str()]
}
