use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::{PolicyRule, Role},
    rbac::{Grant, catalogue, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::GrantAndRole(grant, role),
};

/// Default roles that others may add to by a label.
const AGGREGATED: [&str; 3] = ["view", "edit", "admin"];

fn grant(grant: &Grant<'_>, _: &Context<'_>) -> Verdict {
    if !catalogue::is_added(grant) {
        return Ok(Judgement::pass());
    }
    let (kind, name) = (grant.subject.kind.to_lowercase(), &grant.subject.name);
    let binding = &grant.binding.metadata.name;
    let fact = format!("{kind} {name} is no subject that binding {binding} ships with");
    Ok(Judgement::of(vec![fact, format!("bound to {}", shared::role(grant))]))
}

fn role(role: &Role, _: &Context<'_>) -> Option<Verdict> {
    let name = &role.metadata.name;
    let say = |it: &PolicyRule| format!("ClusterRole {name} does not ship with {}", power::say(it));
    if let Some(extra) = catalogue::extra_rules(role) {
        return Some(Ok(Judgement::of(extra.into_iter().map(say).take(5).collect())));
    }
    let label = |it: &&str| format!("rbac.authorization.k8s.io/aggregate-to-{it}");
    let labels = &role.metadata.labels;
    let targets =
        AGGREGATED.iter().filter(|it| labels.get(&label(it)).is_some_and(|it| it == "true"));
    let targets: Vec<&str> = targets.copied().collect();
    if targets.is_empty() || name.starts_with("system:aggregate-to-") {
        return None;
    }
    let facts = targets.into_iter().flat_map(|target| {
        let added = catalogue::added(role, target).into_iter();
        added.map(move |it| format!("adds {} to ClusterRole {target}", power::describe(&it)))
    });
    Some(Ok(Judgement::of(facts.take(5).collect())))
}
