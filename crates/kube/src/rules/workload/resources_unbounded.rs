use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::resources::{Defaults, missing};
use crate::{
    Check, Context, Rule,
    facts::{few, first_five},
    inventory::workload::Workload,
    managed::{component, is_managed_by_aws},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let defaults = Defaults::of(workload, context);
    let init = workload.template.init_containers.iter();
    let main = workload.template.containers.iter();
    let (mut lacking, mut beside) = (Vec::new(), Vec::new());
    for container in init.chain(main) {
        let found = missing(container, workload, &defaults);
        if !found.fails.is_empty() {
            lacking.push(format!("container {} lacks {}", container.name, found.fails.join(", ")));
        } else if !found.beside.is_empty() {
            beside.push(format!("container {} lacks {}", container.name, found.beside.join(", ")));
        }
    }
    if lacking.is_empty() {
        let facts = Some(few(&beside)).filter(|it| !it.is_empty()).into_iter().collect();
        return Ok(Judgement::Pass { facts });
    }
    let facts = first_five(lacking);
    if is_managed_by_aws(workload)
        && let Some(component) = component(workload)
    {
        return Ok(Judgement::accepted(facts, component.reason()));
    }
    let not_considered = defaults.gap.into_iter().collect();
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
