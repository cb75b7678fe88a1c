//! `ValidatingAdmissionPolicy` and its bindings, and Kyverno's policies of the same form.

use eksray_rule::Gap;
use serde_json::Value;

use super::{Guard, Place, by_text, narrowed};
use crate::inventory::{Kube, admission::PolicyBinding, meta::LabelSelector};

/// The strongest policy that a binding puts in force in a namespace.
pub(super) fn guard(place: Place<'_>, kube: &Kube) -> Result<Guard, Gap> {
    let policies = kube.validating_policies.known()?;
    let bindings = kube.validating_policy_bindings.known()?;
    let guards = bindings.iter().filter(|it| denies(it)).filter_map(|binding| {
        let name = &binding.spec.policy_name;
        let policy = policies.iter().find(|it| it.metadata.name == *name)?;
        let rule = format!("ValidatingAdmissionPolicy {name} bound by {}", binding.metadata.name);
        let guard = spec(rule, &policy.spec, place);
        let Some(resources) = &binding.spec.match_resources else { return Some(guard) };
        if !resources.namespace_selector.matches(place.labels) {
            return None;
        }
        match resources.narrowed.iter().find(|(_, it)| !is_empty(it)) {
            Some((what, _)) => {
                Some(narrowed(guard, &format!("matchResources.{what} of the binding")))
            }
            None => Some(guard),
        }
    });
    Ok(guards.min().unwrap_or(Guard::Nothing))
}

/// Any binding that denies, with its policy.
pub(super) fn enforcing(kube: &Kube) -> Result<Guard, Gap> {
    let policies = kube.validating_policies.known()?;
    let mut bindings = kube.validating_policy_bindings.known()?.iter().filter(|it| denies(it));
    let found = bindings.find(|it| policies.iter().any(|p| p.metadata.name == it.spec.policy_name));
    Ok(found.map_or(Guard::Nothing, |it| {
        Guard::Stops(format!("ValidatingAdmissionPolicyBinding {} denies", it.metadata.name))
    }))
}

/// What a specification of this form stops in a namespace, if it is in force.
pub(super) fn spec(rule: String, spec: &Value, place: Place<'_>) -> Guard {
    let constraints = &spec["matchConstraints"];
    let selector = selector(&constraints["namespaceSelector"]);
    if !on_pods(&constraints["resourceRules"])
        || !selector.is_some_and(|it| it.matches(place.labels))
    {
        return Guard::Nothing;
    }
    let guard = by_text(rule, &format!("{}{}", spec["validations"], spec["variables"]));
    let narrow = [
        ("matchConditions", &spec["matchConditions"]),
        ("paramKind", &spec["paramKind"]),
        ("excludeResourceRules", &constraints["excludeResourceRules"]),
        ("objectSelector", &constraints["objectSelector"]),
    ];
    match narrow.iter().find(|(_, it)| !is_empty(it)) {
        Some((what, _)) => narrowed(guard, what),
        None => guard,
    }
}

pub(super) fn denies(binding: &PolicyBinding) -> bool {
    binding.spec.validation_actions.iter().any(|it| it == "Deny")
}

fn on_pods(rules: &Value) -> bool {
    let has = |list: &Value, values: &[&str]| {
        list.as_array()
            .is_some_and(|it| it.iter().filter_map(Value::as_str).any(|it| values.contains(&it)))
    };
    rules.as_array().is_some_and(|rules| {
        rules.iter().any(|it| {
            has(&it["operations"], &["CREATE", "*"])
                && has(&it["apiGroups"], &["", "*"])
                && has(&it["resources"], &["pods", "*", "*/*", "pods/*"])
                && is_empty(&it["resourceNames"])
        })
    })
}

/// A selector as it came; absent selects everything, and none is one that does not parse.
pub(super) fn selector(value: &Value) -> Option<LabelSelector> {
    match value {
        Value::Null => Some(LabelSelector::default()),
        value => serde_json::from_value(value.clone()).ok(),
    }
}

/// Absent, or an empty list or object.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
        _ => false,
    }
}
