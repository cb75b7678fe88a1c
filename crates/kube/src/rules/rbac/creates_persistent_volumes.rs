use eksray_rule::{Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{Grant, edits},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &["4.1.9"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    shared::judge_part(grant, context, |rules| edits::creates_volumes(rules, grant.reach()))
}
