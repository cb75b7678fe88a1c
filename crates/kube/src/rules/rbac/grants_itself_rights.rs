use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{
        Grant, Rules,
        power::{self, Power},
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(3)],
    cis: &["4.1.8"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let reach = grant.reach();
    let own = |rules: &Rules<'_>| power::grants_rights(rules, reach);
    let rights = shared::rights(grant, own);
    let (namespace, minor) = (&grant.binding.metadata.namespace, context.kube.minor().ok());
    if !rights.is_empty() {
        let little = rights.iter().map(|it| context.rbac.binds_little(it, namespace, minor));
        let little: Vec<Result<bool, Gap>> = little.collect();
        if !little.contains(&Ok(false)) {
            little.into_iter().collect::<Result<Vec<bool>, Gap>>()?;
            return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
        }
        return shared::judge_part(grant, context, own);
    }
    let bindings = |rules: &Rules<'_>| power::writes_bindings(rules, reach);
    let rights = shared::rights(grant, bindings);
    let Ok(Some(rules)) = &grant.rules else { return shared::judge_part(grant, context, own) };
    let powers = power::powers(rules, reach, minor);
    if rights.is_empty() {
        return Ok(Judgement::pass());
    }
    // What it may bind to others it has itself: that matters where it is worth an administrator.
    if powers.is_empty() || shared::is_local(grant, context)? {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    let mut verdict = shared::judge_part(grant, context, bindings);
    if let Ok(Judgement::Fail { facts, .. }) = &mut verdict {
        let held: Vec<String> = powers.iter().map(Power::to_string).collect();
        facts.push(format!("may hand on what it has: {}", held.join(", ")));
    }
    verdict
}
