use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{
    Check, Context, Rule,
    capability::{adds, drops},
    inventory::workload::Workload,
    managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(7)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.is_windows() {
            return Seen::Silent("Windows has no capabilities");
        }
        let fact = match (adds(it, "NET_RAW"), drops(it, "NET_RAW")) {
            (true, _) => format!("container {} adds NET_RAW", it.name),
            (false, false) => format!("container {} drops neither ALL nor NET_RAW", it.name),
            (false, true) => return Seen::Fine,
        };
        Seen::bad(fact, Setting::NetRaw(&it.name))
    })
}
