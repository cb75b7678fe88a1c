use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, identity::Identity, orders},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let find = |rules: &Rules<'_>| orders::control_resources(rules, grant.reach());
    let mut rights = shared::rights(grant, find);
    if rights.is_empty() || shared::is_everything(grant) {
        return shared::judge_part(grant, context, find);
    }
    let (all, mut gaps) = (shared::facts(grant, &rights), Vec::new());
    match context.kube.custom_resource_definitions.known() {
        Ok(defined) => rights.retain(|it| orders::exists(it, defined)),
        Err(gap) => gaps.push(gap),
    }
    rights.retain(|it| match orders::is_own(grant, it, context.kube) {
        Ok(own) => !own,
        Err(gap) => {
            gaps.push(gap);
            true
        }
    });
    if rights.is_empty() {
        return Ok(Judgement::Pass { facts: all });
    }
    let mut facts = shared::facts(grant, &rights);
    facts.extend(controllers(&rights, context));
    let mut verdict = shared::excuse(grant, context, facts, &rights);
    if let Ok(Judgement::Fail { not_considered, .. }) = &mut verdict {
        gaps.append(not_considered);
        gaps.sort();
        gaps.dedup();
        *not_considered = gaps;
    }
    verdict
}

/// Who acts upon what the rights are about, where that is as good as an administrator.
fn controllers(rights: &[PolicyRule], context: &Context<'_>) -> Option<String> {
    orders::controllers(rights, context.kube).find_map(|it| {
        let account = it.template.service_account();
        let identity = Identity::service_account(&it.namespace, account);
        let powers = context.rbac.admin_equivalent(&identity, context.kube.minor().ok()).ok()?;
        let (kind, place) = (it.kind.to_lowercase(), format!("{}/{}", it.namespace, it.name));
        Some(format!("{kind} {place} acts on it as account {account}, which {}", powers.first()?))
    })
}
