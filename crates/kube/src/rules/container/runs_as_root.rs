use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each, excuse_user_namespaces};
use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let judged = each(workload, |spec, it| {
        if spec.is_windows() {
            return Seen::Silent("Windows has no user 0");
        }
        let (own, pod) = (&it.security_context, &spec.security_context);
        let from = match (own.run_as_user, pod.run_as_user) {
            (Some(0), _) => "its own runAsUser: 0",
            (None, Some(0)) => "the pod's runAsUser: 0",
            _ => return Seen::Fine,
        };
        let group = own.run_as_group.or(pod.run_as_group) == Some(0);
        let group = if group { " and runAsGroup: 0" } else { "" };
        Seen::bad(format!("container {} has {from}{group}", it.name), Setting::Root(&it.name))
    })?;
    Ok(excuse_user_namespaces(workload, context, judged))
}
