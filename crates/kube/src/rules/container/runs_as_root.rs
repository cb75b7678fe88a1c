use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

/// The first minor version whose Pod Security Standards let pods in user namespaces run as root.
const USER_NAMESPACES: u32 = 35;

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
    let Judgement::Fail { facts, possible, mut not_considered } = judged else { return Ok(judged) };
    if workload.specs().any(|it| it.host_users != Some(false)) {
        return Ok(Judgement::Fail { facts, possible, not_considered });
    }
    match context.kube.version.known() {
        Ok(version) if version.minor().is_some_and(|it| it >= USER_NAMESPACES) => {
            return Ok(Judgement::accepted(
                facts,
                "hostUsers: false maps user 0 to an ordinary user",
            ));
        }
        Ok(_) => {}
        Err(gap) => not_considered.push(gap),
    }
    Ok(Judgement::Fail { facts, possible, not_considered })
}
