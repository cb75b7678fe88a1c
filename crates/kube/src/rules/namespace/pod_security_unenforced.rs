use eksray_rule::{Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    admission::{Guard, guard},
    inventory::cluster::Namespace,
    namespaces::{POD_SETTINGS, POD_SETTINGS_CIS, managed_only, stopped_by_baseline},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: POD_SETTINGS,
    cis: POD_SETTINGS_CIS,
    check: Check::Namespace(check),
};

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let workloads = kube.workloads_in(&namespace.metadata.name);
    let unread = kube.workload_gaps.first();
    let guard = guard(namespace, kube);
    if let Ok(Guard::Stops(rule)) = guard {
        return Ok(Judgement::Pass { facts: vec![rule] });
    }
    if unread.is_none() && managed_only(namespace, workloads) {
        return Ok(Judgement::not_applicable("only managed components"));
    }
    let mut facts = Vec::new();
    let label = namespace.metadata.labels.get("pod-security.kubernetes.io/enforce");
    facts.push(match label {
        None => "no label pod-security.kubernetes.io/enforce".to_owned(),
        Some(level) => format!("label pod-security.kubernetes.io/enforce is {level}"),
    });
    let maybe = match guard? {
        Guard::Stops(rule) | Guard::Maybe(rule) => Some(rule),
        Guard::Nothing => None,
    };
    facts.extend(maybe.iter().map(|it| format!("perhaps stopped by {it}")));
    facts.extend(stopped_by_baseline(workloads, kube));
    let possible = maybe.is_some();
    Ok(Judgement::Fail { facts, possible, not_considered: unread.into_iter().cloned().collect() })
}
