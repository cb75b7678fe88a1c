use eksray_rule::{Part, Severity, Verdict};

use super::shared::sees_secrets;
use crate::{
    Check, Context, Rule,
    capability::normalise,
    facts::first_five,
    inventory::{
        pod::{PodSpec, container::Container},
        workload::Workload,
    },
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(6)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let mut facts: Vec<String> = Vec::new();
    for spec in workload.specs().filter(|it| it.share_process_namespace) {
        let together: Vec<&Container> =
            spec.all_containers().filter(|it| stays(spec, it)).collect();
        if together.len() < 2 {
            continue;
        }
        let names = first_five(together.iter().map(|it| it.name.clone())).join(", ");
        facts.push(format!("shareProcessNamespace: true among containers {names}"));
        facts.extend(first_five(together.iter().filter_map(|it| holds(spec, it))));
    }
    facts.sort();
    facts.dedup();
    Ok(managed::judge(workload, facts.into_iter().map(|it| (it, Setting::Hardening))))
}

/// Init containers end before the others start, unless they are sidecars.
fn stays(spec: &PodSpec, container: &Container) -> bool {
    container.restart_policy == "Always"
        || spec.init_containers.iter().all(|it| it.name != container.name)
}

/// What others of the pod get at through its processes.
fn holds(spec: &PodSpec, container: &Container) -> Option<String> {
    let added = container.security_context.capabilities.add.iter();
    let added: Vec<String> = added.map(|it| normalise(it)).collect();
    let mut held = Vec::new();
    held.extend(sees_secrets(spec, container).then(|| "holds Secrets".to_owned()));
    held.extend((!added.is_empty()).then(|| format!("adds {}", added.join(", "))));
    (!held.is_empty()).then(|| format!("container {} {}", container.name, held.join(" and ")))
}
