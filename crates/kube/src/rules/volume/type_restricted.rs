use eksray_rule::{Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    inventory::workload::Workload,
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Policy],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let volumes = workload.specs().flat_map(|it| &it.volumes);
    let facts = volumes.filter_map(|it| {
        let fact = format!("volume {} has type {}", it.name, it.unrestricted.as_ref()?);
        Some((fact, Setting::Hardening))
    });
    Ok(managed::judge(workload, super::shared::once(facts.collect())))
}
