use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Seen, each, excuse_user_namespaces};

use crate::{
    Check, Context, Rule, facts::first_five, inventory::workload::Workload, managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
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
        match own.run_as_user.or(pod.run_as_user) {
            Some(0) => return Seen::Silent("judged by container-runs-as-root"),
            Some(_) => return Seen::Fine,
            None => {}
        }
        let fact = match (own.run_as_non_root, pod.run_as_non_root) {
            (Some(true), _) | (None, Some(true)) => return Seen::Fine,
            (Some(false), _) => "sets runAsNonRoot: false",
            (None, Some(false)) => "has the pod's runAsNonRoot: false",
            (None, None) => "sets neither runAsUser nor runAsNonRoot",
        };
        let fact = format!("container {} {fact}: the image decides", it.name);
        Seen::bad(fact, Setting::Root(&it.name))
    })?;
    Ok(match judged {
        Judgement::Pass { .. } => Judgement::Pass { facts: first_five(unasked(workload)) },
        judged => excuse_user_namespaces(workload, context, judged),
    })
}

/// Level restricted wants the promise, not only the user.
fn unasked(workload: &Workload) -> impl Iterator<Item = String> {
    workload.containers().filter_map(|(spec, it)| {
        let (own, pod) = (&it.security_context, &spec.security_context);
        let user = own.run_as_user.or(pod.run_as_user)?;
        let asks = own.run_as_non_root.or(pod.run_as_non_root) == Some(true);
        (!asks).then(|| {
            format!("container {} runs as user {user} without runAsNonRoot: true, which level restricted asks for", it.name)
        })
    })
}
