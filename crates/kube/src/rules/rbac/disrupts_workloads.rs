use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{Grant, Rules, edits, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let find = |rules: &Rules<'_>| {
        let mut found = edits::deletes(rules);
        found.extend(edits::herds(rules, grant.reach()));
        found
    };
    let deletes = shared::rights(grant, edits::deletes);
    let deploys = !shared::rights(grant, power::creates_pods).is_empty();
    // Who deploys to a namespace takes down what was deployed.
    if deploys
        && !deletes.is_empty()
        && shared::rights(grant, find).len() == deletes.len()
        && shared::is_local(grant, context)?
    {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &deletes) });
    }
    shared::judge_part(grant, context, find)
}
