use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{Check, Context, Rule, inventory::workload::Workload};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(8)],
    cis: &[],
    check: Check::Workload(check),
};

/// The first minor version whose baseline profile admits it in user namespaces.
const USER_NAMESPACES: u32 = 35;

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    any(workload.specs().map(|spec| {
        let unmasked = spec.all_containers().filter_map(|it| {
            let mount = it.security_context.proc_mount.as_deref()?;
            (mount != "Default").then(|| format!("container {} sets procMount: {mount}", it.name))
        });
        let mut facts: Vec<String> = unmasked.collect();
        if facts.is_empty() || spec.host_users != Some(false) {
            return Ok(Judgement::of(facts));
        }
        let version = context.kube.version.known()?;
        if version.minor().is_some_and(|it| it >= USER_NAMESPACES) {
            facts.push("hostUsers: false; the restricted profile still refuses it".to_owned());
            return Ok(Judgement::Pass { facts });
        }
        facts.push(format!("hostUsers: false, on {}", version.git_version));
        Ok(Judgement::of(facts))
    }))
}
