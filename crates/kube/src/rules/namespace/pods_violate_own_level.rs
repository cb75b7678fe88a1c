use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    facts::first_five,
    inventory::{order::named, workload::Workload},
    namespaces::POD_SETTINGS_CIS,
    pod_security::{Enforced, Level, violations},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Policy],
    cis: POD_SETTINGS_CIS,
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    if workload.mirror {
        return Ok(Judgement::not_applicable("a static pod: its node starts it"));
    }
    let namespaces = context.kube.namespaces.known()?;
    let Some(namespace) = named(namespaces, "", &workload.namespace) else {
        return Ok(Judgement::not_applicable("its namespace is gone"));
    };
    let enforced = Enforced::of(&namespace.metadata.labels);
    if enforced.level == Level::Privileged {
        return Ok(Judgement::not_applicable("its namespace enforces no level"));
    }
    let version = enforced.policy_version(context.kube.minor()?);
    let broken = workload
        .specs()
        .flat_map(|spec| violations(spec, &workload.pod_annotations, enforced.level, version));
    let mut broken: Vec<String> = broken.map(|it| it.to_string()).collect();
    broken.sort();
    broken.dedup();
    if broken.is_empty() {
        return Ok(Judgement::pass());
    }
    let head = format!("namespace enforces {} as of 1.{version}", enforced.level);
    Ok(Judgement::of([vec![head], first_five(broken)].concat()))
}
