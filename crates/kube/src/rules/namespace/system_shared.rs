use eksray_rule::{Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule, catalogue::cluster_add_on, inventory::workload::Workload, managed,
    namespaces::SYSTEM,
};

pub(crate) const RULE: Rule =
    Rule { severity: Severity::Low, covers: &[], cis: &["4.5.1"], check: Check::Workload(check) };

const CRITICAL: &[&str] = &["system-cluster-critical", "system-node-critical"];

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    if workload.mirror {
        return Ok(Judgement::not_applicable("a static pod of a node"));
    }
    let namespace = workload.namespace.as_str();
    let mut facts = Vec::new();
    if SYSTEM.contains(&namespace) {
        facts.push(format!("runs in namespace {namespace}"));
    } else {
        let classes = workload.specs().map(|it| it.priority_class_name.as_str());
        let class = classes.into_iter().find(|it| CRITICAL.contains(it));
        facts.extend(class.map(|it| format!("priorityClassName: {it}")));
    }
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    if let Some(component) = managed::component(workload) {
        return Ok(Judgement::accepted(facts, component.reason()));
    }
    Ok(match cluster_add_on(workload) {
        Some(image) => Judgement::accepted(facts, format!("add-on of the cluster: {image}")),
        None => Judgement::of(facts),
    })
}
