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
    cis: &["4.1.2"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let rights = shared::rights(grant, secrets);
    let named = rights.iter().all(|it| !it.resource_names.is_empty());
    if named && !rights.is_empty() && shared::is_local(grant, context)? {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    shared::judge(grant, context, secrets)
}

fn secrets(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let mut rights = power::reads_secrets(rules);
    rights.extend(power::writes_secrets(rules));
    rights
}
