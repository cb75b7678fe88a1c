use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{
    Check, Context, Rule,
    capability::{self, DANGEROUS},
    inventory::workload::Workload,
    managed::Setting,
    pod_security::BASELINE_CAPABILITIES,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, container| {
        if spec.is_windows() {
            return Seen::Silent("Windows has no capabilities");
        }
        if container.security_context.privileged == Some(true) {
            return Seen::Silent("judged by container-privileged");
        }
        let name = &container.name;
        let added = container.security_context.capabilities.add.iter();
        let beyond = added.filter(|it| !BASELINE_CAPABILITIES.contains(&it.as_str()));
        let facts: Vec<_> = beyond
            .filter_map(|spelled| {
                let capability = capability::normalise(spelled);
                let known = capability.as_str();
                if DANGEROUS.contains(&known) || known == "NET_RAW" {
                    return None;
                }
                let misspelled = BASELINE_CAPABILITIES.contains(&known);
                let why = if misspelled { ", which admission does not read as " } else { "" };
                let meant = if misspelled { known } else { "" };
                let fact = format!("container {name} adds {spelled}{why}{meant}");
                Some((fact, Setting::Capability(name, capability)))
            })
            .collect();
        if facts.is_empty() { Seen::Fine } else { Seen::Bad(facts) }
    })
}
