use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, identity::impersonated, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(3)],
    cis: &["4.1.8"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let find = |rules: &Rules<'_>| power::impersonates(rules, grant.reach());
    let rights = shared::rights(grant, find);
    if !rights.is_empty() && is_harmless(grant, context, &rights)? {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    shared::judge_part(grant, context, find)
}

/// Whether every right is for named identities, none of which is as good as an administrator.
fn is_harmless(
    grant: &Grant<'_>,
    context: &Context<'_>,
    rights: &[PolicyRule],
) -> Result<bool, Gap> {
    let mut unread = None;
    for right in rights {
        if right.resource_names.is_empty() {
            return Ok(false);
        }
        for identity in impersonated(right, grant, context.kube)? {
            match context.rbac.admin_equivalent(&identity, context.kube.minor().ok()) {
                Ok(powers) if powers.is_empty() => (),
                Ok(_) => return Ok(false),
                Err(gap) => unread = Some(gap),
            }
        }
    }
    unread.map_or(Ok(true), Err)
}
