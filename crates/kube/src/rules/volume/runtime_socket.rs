use eksray_rule::{Part, Severity, Verdict};

use super::shared::once;

use crate::{
    Check, Context, Rule,
    host_path::{mounts, runtime_socket},
    inventory::workload::Workload,
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let facts = workload.specs().flat_map(mounts).filter_map(|it| {
        let socket = runtime_socket(&it.path)?;
        let holds = if socket == it.path { "" } else { &format!(", which holds {socket}") };
        let how = if it.writable { "" } else { " read-only" };
        let (container, volume, path) = (it.container, it.volume, &it.path);
        let fact = format!(
            "container {container} mounts {path} of the node{how}{holds} (volume {volume})"
        );
        Some((fact, Setting::RuntimeSocket(it.path)))
    });
    Ok(managed::judge(workload, once(facts.collect())))
}
