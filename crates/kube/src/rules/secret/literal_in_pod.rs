use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    inventory::{pod::PodSpec, workload::Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(4)],
    cis: &["4.4.1"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let containers = workload.specs().flat_map(PodSpec::all_containers);
    let mut facts: Vec<String> = containers
        .flat_map(|it| it.credentials.iter().map(|found| format!("container {}: {found}", it.name)))
        .chain(workload.credentials.iter().map(|found| format!("annotation {found}")))
        .collect();
    facts.sort();
    facts.dedup();
    Ok(Judgement::of(facts))
}
