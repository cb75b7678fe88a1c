use eksray_rule::{Part, Severity, Verdict};

use crate::{Check, Context, Rule, inventory::workload::Workload, managed};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(5)],
    cis: &["4.2.1"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let containers = workload.containers().filter(|(spec, _)| !spec.declares_windows());
    let privileged = containers.filter(|(_, it)| it.security_context.privileged == Some(true));
    let facts = privileged.map(|(_, it)| {
        let fact = format!("container {} sets privileged: true", it.name);
        (fact, managed::Setting::Privileged(&it.name))
    });
    Ok(managed::judge(workload, facts))
}
