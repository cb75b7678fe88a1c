use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{
    Check, Context, Rule,
    capability::{self, DANGEROUS},
    inventory::workload::Workload,
    managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, container| {
        if container.security_context.privileged == Some(true) {
            return Seen::Silent("judged by container-privileged");
        }
        let name = &container.name;
        let added = &container.security_context.capabilities.add;
        let facts: Vec<_> = added
            .iter()
            .filter_map(|spelled| {
                let capability = capability::normalise(spelled);
                if !DANGEROUS.contains(&capability.as_str()) {
                    return None;
                }
                let beside = match capability.as_str() {
                    "SYS_PTRACE" if spec.host_pid => " beside hostPID: true",
                    "SYS_PTRACE" => " without hostPID",
                    _ => "",
                };
                let fact = format!("container {name} adds {spelled}{beside}");
                Some((fact, Setting::Capability(name, capability)))
            })
            .collect();
        if facts.is_empty() { Seen::Fine } else { Seen::Bad(facts) }
    })
}
