use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Runtime],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.declares_windows() {
            return Seen::Silent("Windows has no seccomp");
        }
        if it.security_context.privileged == Some(true) {
            return Seen::Silent("judged by container-privileged");
        }
        let (own, pod) = (&it.security_context, &spec.security_context);
        if own.seccomp_profile.is_some() || pod.seccomp_profile.is_some() {
            return Seen::Fine;
        }
        let fact = format!(
            "container {} has no seccompProfile: unconfined unless the kubelet sets seccompDefault",
            it.name
        );
        Seen::bad(fact, Setting::Hardening)
    })
}
