use eksray_rule::{Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    admission::{Guard, enforces_anything},
    inventory::workload::Workload,
    managed::is_managed_by_aws,
    namespaces::{POD_SETTINGS, POD_SETTINGS_CIS},
    pod_security::{Enforced, Level},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: POD_SETTINGS,
    cis: POD_SETTINGS_CIS,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let engine = enforces_anything(kube);
    if let Ok(Guard::Stops(rule)) = engine {
        return Ok(Judgement::Pass { facts: vec![rule] });
    }
    let users: Vec<&Workload> = kube.workloads.iter().filter(|it| !is_managed_by_aws(it)).collect();
    let (mut guarded, mut open) = (Vec::new(), Vec::new());
    for namespace in kube.namespaces.known()? {
        let name = namespace.metadata.name.as_str();
        let here = users.iter().filter(|it| it.namespace == name).count();
        match Enforced::of(&namespace.metadata.labels).level {
            Level::Privileged if here > 0 => {
                open.push(format!("namespace {name} enforces no level; workloads in it: {here}"));
            }
            Level::Privileged => (),
            _ if here > 0 => return Ok(Judgement::pass()),
            _ => guarded.push(name),
        }
    }
    let unread = kube.workload_gaps.first().cloned();
    // A label guards somebody only where somebody runs something.
    if let (false, Some(gap)) = (guarded.is_empty(), &unread) {
        return Err(gap.clone());
    }
    let possible = match engine? {
        Guard::Maybe(rule) => {
            open.insert(0, format!("perhaps by {rule}"));
            true
        }
        _ => false,
    };
    open.insert(
        0,
        "no namespace with workloads enforces a level, and no policy denies anything".to_owned(),
    );
    Ok(Judgement::Fail { facts: open, possible, not_considered: unread.into_iter().collect() })
}
