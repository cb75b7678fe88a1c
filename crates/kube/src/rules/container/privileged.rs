use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(5)],
    cis: &["4.2.1"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.declares_windows() {
            return Seen::Silent("Windows has no privileged containers");
        }
        if it.security_context.privileged != Some(true) {
            return Seen::Fine;
        }
        let fact = format!("container {} sets privileged: true", it.name);
        Seen::bad(fact, Setting::Privileged(&it.name))
    })
}
