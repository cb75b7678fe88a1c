use eksray_rule::{Part, Severity, Verdict};

use super::shared::judge;
use crate::{
    Check, Context, Rule, capability,
    inventory::{
        pod::{PodSpec, container::Container},
        workload::Workload,
    },
    managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(6)],
    cis: &["4.2.2"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    judge(workload, Setting::HostPid, |it| it.host_pid.then(|| fact(it)))
}

/// With either of these beside it, processes of the node are not only seen but entered.
fn fact(spec: &PodSpec) -> String {
    let privileged = |it: &&Container| it.security_context.privileged == Some(true);
    if let Some(it) = spec.all_containers().find(privileged) {
        return format!("hostPID: true beside privileged container {}", it.name);
    }
    match spec.all_containers().find(|it| capability::adds(it, "SYS_PTRACE")) {
        Some(it) => format!("hostPID: true beside SYS_PTRACE of container {}", it.name),
        None => "hostPID: true".to_owned(),
    }
}
