use eksray_rule::{Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, catalogue::is_built_in, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(3)],
    cis: &["4.1.3"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    shared::judge_part(grant, context, wildcards)
}

/// Rules with a wildcard that reaches resources of Kubernetes itself.
fn wildcards(rules: &Rules<'_>) -> Vec<PolicyRule> {
    let mut found: Vec<PolicyRule> = rules.iter().filter_map(built_in).collect();
    found.sort_by_key(power::describe);
    found.dedup();
    found
}

/// The part of a rule about built-in groups, if it has a wildcard.
fn built_in(rule: &PolicyRule) -> Option<PolicyRule> {
    let mut part = rule.clone();
    part.api_groups.retain(|it| is_built_in(it));
    part.non_resource_urls.clear();
    if part.api_groups.is_empty() || part.resources.is_empty() {
        return None;
    }
    let broad = |it: &String| it == "*" || it.starts_with("*/");
    let groups = part.api_groups.iter().any(|it| it == "*");
    let resources = part.resources.iter().any(broad);
    // Every verb on one object of a known kind is no more than its owner needs.
    let verbs = part.verbs.iter().any(|it| it == "*") && part.resource_names.is_empty();
    (groups || resources || verbs).then_some(part)
}
