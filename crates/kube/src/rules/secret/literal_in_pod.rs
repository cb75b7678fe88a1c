use eksray_rule::{Judgement, Part, Severity, Verdict, credential::Credential};

use crate::{
    Check, Context, Rule,
    inventory::{
        pod::{PodSpec, container::Container},
        workload::Workload,
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(4)],
    cis: &["4.4.1"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let containers = workload.specs().flat_map(PodSpec::all_containers);
    let whole = |it: &&Credential| it.is_whole();
    let say = |it: &Container| {
        let found = it.credentials.iter().filter(whole);
        found.map(|found| format!("container {}: {found}", it.name)).collect::<Vec<_>>()
    };
    let annotations = workload.credentials.iter().filter(whole);
    let mut facts: Vec<String> =
        containers.flat_map(say).chain(annotations.map(|it| format!("annotation {it}"))).collect();
    facts.sort();
    facts.dedup();
    Ok(Judgement::of(facts))
}
