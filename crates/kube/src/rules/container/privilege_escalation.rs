use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{Check, Context, Rule, capability, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(5)],
    cis: &["4.2.5"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.declares_windows() {
            return Seen::Silent("Windows has no allowPrivilegeEscalation");
        }
        if it.security_context.privileged == Some(true) {
            return Seen::Silent("judged by container-privileged");
        }
        let name = &it.name;
        let fact = match it.security_context.allow_privilege_escalation {
            Some(false) if capability::adds(it, "SYS_ADMIN") => format!(
                "container {name} adds SYS_ADMIN, which implies allowPrivilegeEscalation: true"
            ),
            Some(false) => return Seen::Fine,
            Some(true) => format!("container {name} sets allowPrivilegeEscalation: true"),
            None => format!("container {name} does not set allowPrivilegeEscalation"),
        };
        Seen::bad(fact, Setting::Escalation(name))
    })
}
