use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::reads_config_map;
use crate::{Check, Context, Rule, inventory::config_map::ConfigMap, namespaces::first_five};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(4)],
    cis: &[],
    check: Check::ConfigMap(check),
};

fn check(map: &ConfigMap, context: &Context<'_>) -> Verdict {
    let whole = map.credentials.iter().filter(|it| it.is_whole());
    let mut facts: Vec<String> = whole.map(|it| format!("key {it}")).collect();
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let kube = context.kube;
    let users: Vec<String> = kube
        .workloads
        .iter()
        .filter(|it| it.namespace == map.metadata.namespace)
        .filter(|it| reads_config_map(it, &map.metadata.name))
        .map(|it| format!("{} {}", it.kind.to_lowercase(), it.name))
        .collect();
    if !users.is_empty() {
        facts.push(format!("read by {}", first_five(&users)));
    }
    let not_considered = kube.workload_gaps.clone();
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
