use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, edits, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let subject = &grant.subject;
    let everyone =
        matches!(subject.name.as_str(), "system:authenticated" | "system:serviceaccounts")
            || subject.name.starts_with("system:serviceaccounts:");
    if subject.kind != "Group" || !everyone {
        return Ok(Judgement::pass());
    }
    let Some(rules) = grant.rules.as_ref().map_err(Gap::clone)? else {
        return Ok(shared::no_role());
    };
    let rights = strong(rules, grant, context);
    if rights.is_empty() {
        let all: Vec<PolicyRule> =
            rules.iter().filter(|it| !it.resources.is_empty()).cloned().collect();
        return Ok(Judgement::Pass { facts: shared::facts(grant, &all) });
    }
    shared::excuse(grant, context, shared::facts(grant, &rights), &rights)
}

/// Rights that nobody should have for being somebody.
fn strong(rules: &Rules<'_>, grant: &Grant<'_>, context: &Context<'_>) -> Vec<PolicyRule> {
    let get = |mut found: Vec<PolicyRule>| {
        for right in &mut found {
            right.verbs.retain(|it| it == "get");
        }
        found.retain(|it| !it.verbs.is_empty());
        found
    };
    let minor = context.kube.minor().ok();
    let mut found = edits::writes(rules, grant.reach());
    found.extend(power::reads_secrets(rules));
    found.extend(get(power::executes_in_pods(rules, minor)));
    found.extend(get(power::forwards_ports(rules, minor)));
    found.extend(get(power::node_proxy(rules, grant.reach())));
    found
}
