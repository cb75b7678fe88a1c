use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{Grant, edits},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let rights = shared::rights(grant, edits::traffic);
    if !rights.is_empty() && shared::is_local(grant, context)? {
        return Ok(Judgement::Pass { facts: shared::facts(grant, &rights) });
    }
    shared::judge_part(grant, context, edits::traffic)
}
