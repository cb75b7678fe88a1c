use eksray_rule::{Part, Severity, Verdict};

use super::shared::of_pods_and_containers;

use crate::{
    Check, Context, Rule,
    inventory::{pod::security::TypeRef, workload::Workload},
    managed::{self, Setting},
    pod_security::foreign,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Runtime],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let say = |it: &Option<TypeRef>| {
        foreign(it.as_ref()).map(|it| format!("sets seccompProfile.type: {it}"))
    };
    let facts = of_pods_and_containers(
        workload,
        |pod| say(&pod.seccomp_profile),
        |container| say(&container.seccomp_profile),
    );
    Ok(managed::judge(workload, facts.into_iter().map(|it| (it, Setting::Unconfined))))
}
