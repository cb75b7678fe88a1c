use eksray_rule::{Part, Severity, Verdict};

use super::shared::judge;
use crate::{Check, Context, Rule, inventory::cluster::Namespace, netpol::Direction};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &["4.3.2"],
    check: Check::Namespace(check),
};

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    judge(namespace, Direction::Ingress, context, |_, _| Vec::new())
}
