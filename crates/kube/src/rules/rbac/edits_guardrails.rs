use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{Grant, Rules, edits},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3), Part::Policy],
    cis: &["4.1.11"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let find = |rules: &Rules<'_>| {
        let mut found = edits::guardrails(rules, grant.reach());
        if !is_own_namespace(grant) {
            found.extend(edits::network_policies(rules));
        }
        found
    };
    let rights = shared::rights(grant, find);
    let own = edits::is_own_webhooks(grant, &rights, context.kube);
    if !rights.is_empty() && own == Ok(true) {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    let mut verdict = shared::judge_part(grant, context, find);
    if let (Ok(Judgement::Fail { not_considered, .. }), Err(gap)) = (&mut verdict, own) {
        not_considered.push(gap);
    }
    verdict
}

/// Whether an account has its rights in the namespace that it belongs to.
fn is_own_namespace(grant: &Grant<'_>) -> bool {
    let namespace = &grant.binding.metadata.namespace;
    grant.subject.kind == "ServiceAccount" && grant.subject.namespace == *namespace
}
