//! Kyverno policies: rules with patterns, Pod Security subrules, and the newer policies written in CEL.

use eksray_rule::Gap;
use serde_json::Value;

use super::{
    Guard, Place, by_text,
    cel::{self, is_empty, selector},
    glob, narrowed, webhooks,
};
use crate::{
    inventory::{Kube, admission::PolicyObject},
    pod_security::Level,
};

/// The strongest rule in force in a namespace.
pub(super) fn guard(place: Place<'_>, kube: &Kube) -> Result<Guard, Gap> {
    let objects = kube.policy_objects.known()?;
    let guards = objects.iter().map(|it| match exception(it, objects) {
        Some(name) => narrowed(policy(it, place), &format!("PolicyException {name}")),
        None => policy(it, place),
    });
    let best = guards.min().unwrap_or(Guard::Nothing);
    if best == Guard::Nothing || webhooks::sees("kyverno", place, kube)? {
        return Ok(best);
    }
    Ok(Guard::Nothing)
}

/// Any rule that denies.
pub(super) fn enforcing(kube: &Kube) -> Result<Guard, Gap> {
    let objects = kube.policy_objects.known()?;
    let enforces = |it: &&PolicyObject| match it.api_version.split('/').next() {
        Some("kyverno.io") => rules(&it.spec).any(|rule| is_enforced(&it.spec, rule)),
        Some("policies.kyverno.io") => denies(&it.spec),
        _ => false,
    };
    let Some(found) = objects.iter().find(enforces) else { return Ok(Guard::Nothing) };
    let text = format!("{} {} enforces", found.kind, found.metadata.name);
    Ok(if webhooks::runs("kyverno", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

fn policy(it: &PolicyObject, place: Place<'_>) -> Guard {
    let own = &it.metadata.namespace;
    let name = format!("{} {}", it.kind, it.metadata.name);
    match it.api_version.split('/').next() {
        _ if !own.is_empty() && own != place.name => Guard::Nothing,
        Some("policies.kyverno.io") if place.level == Level::Restricted => Guard::Nothing,
        Some("policies.kyverno.io") if denies(&it.spec) => cel::spec(name, &it.spec, place),
        Some("kyverno.io") if it.spec["admission"] != Value::Bool(false) => {
            let enforced = rules(&it.spec).filter(|rule| is_enforced(&it.spec, rule));
            let guards = enforced.map(|rule| {
                let guard = judge(&name, rule, place);
                let by = "overrides of its action";
                if overridden(&it.spec, rule) { narrowed(guard, by) } else { guard }
            });
            guards.min().unwrap_or(Guard::Nothing)
        }
        _ => Guard::Nothing,
    }
}

fn rules(spec: &Value) -> impl Iterator<Item = &Value> {
    spec["rules"].as_array().into_iter().flatten()
}

fn denies(spec: &Value) -> bool {
    let actions = spec["validationActions"].as_array();
    // Without actions, these policies deny.
    actions.is_none_or(|it| it.iter().any(|it| it == "Deny"))
}

/// The rule's own action, else the policy's; the default is to audit.
fn is_enforced(spec: &Value, rule: &Value) -> bool {
    let own = rule["validate"]["failureAction"].as_str();
    let action = own.or(spec["validationFailureAction"].as_str()).unwrap_or_default();
    action.eq_ignore_ascii_case("enforce")
}

fn overridden(spec: &Value, rule: &Value) -> bool {
    !is_empty(&spec["validationFailureActionOverrides"])
        || !is_empty(&rule["validate"]["failureActionOverrides"])
}

/// An exception for the policy, wherever it holds.
fn exception<'a>(policy: &PolicyObject, objects: &'a [PolicyObject]) -> Option<&'a str> {
    let name = policy.metadata.name.as_str();
    let names = |it: &&PolicyObject| {
        let exceptions = it.spec["exceptions"].as_array().into_iter().flatten();
        let references = it.spec["policyRefs"].as_array().into_iter().flatten();
        it.kind == "PolicyException"
            && (exceptions.map(|it| &it["policyName"]).chain(references.map(|it| &it["name"])))
                .filter_map(Value::as_str)
                .any(|it| it.rsplit('/').next() == Some(name))
    };
    objects.iter().find(names).map(|it| it.metadata.name.as_str())
}

/// What one rule stops in a namespace.
fn judge(policy: &str, rule: &Value, place: Place<'_>) -> Guard {
    let name = format!("{policy} rule {}", rule["name"].as_str().unwrap_or_default());
    let guard = validates(name, &rule["validate"], place.level);
    let matched = filters(&rule["match"]).map(|it| selects(it, place)).max();
    let excluded = filters(&rule["exclude"]).map(|it| selects(it, place)).max();
    match (matched.unwrap_or(Selected::No), excluded.unwrap_or(Selected::No)) {
        (Selected::No, _) | (_, Selected::All) => Guard::Nothing,
        (Selected::Some, _) => narrowed(guard, "match"),
        (_, Selected::Some) => narrowed(guard, "exclude"),
        _ if !is_empty(&rule["preconditions"]) => narrowed(guard, "preconditions"),
        _ => guard,
    }
}

fn validates(name: String, validate: &Value, level: Level) -> Guard {
    let pod_security = &validate["podSecurity"];
    let exempt = match level {
        Level::Restricted => !is_empty(&pod_security["exclude"]),
        _ => pod_security["exclude"].to_string().contains("Privileged Containers"),
    };
    match (pod_security["level"].as_str(), level) {
        (Some("restricted"), _) | (Some("baseline"), Level::Baseline) if exempt => {
            return narrowed(Guard::Stops(name), "podSecurity.exclude");
        }
        (Some("restricted"), _) | (Some("baseline"), Level::Baseline) => return Guard::Stops(name),
        (_, Level::Restricted) => return Guard::Nothing,
        _ => {}
    }
    let understood = [&validate["pattern"], &validate["deny"], &validate["cel"]];
    let text: String =
        understood.into_iter().filter(|it| !is_empty(it)).map(Value::to_string).collect();
    let others = format!("{}{}", validate["anyPattern"], validate["foreach"]);
    by_text(name.clone(), &text).min(narrowed(by_text(name, &others), "its alternatives"))
}

/// How much of a namespace's pods a filter takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Selected {
    No,
    Some,
    All,
}

/// The filters of a `match` or `exclude` block: any of `any`, the one of the old form, or `all` together.
fn filters(block: &Value) -> impl Iterator<Item = Filter<'_>> {
    let any = block["any"].as_array().into_iter().flatten().map(|it| Filter(vec![it]));
    let all = block["all"].as_array().map(|it| Filter(it.iter().collect()));
    let old = (!is_empty(&block["resources"])).then(|| Filter(vec![block]));
    any.chain(all).chain(old)
}

/// Filters that must all hold.
struct Filter<'a>(Vec<&'a Value>);

fn selects(filter: Filter<'_>, place: Place<'_>) -> Selected {
    filter.0.into_iter().map(|it| select(it, place)).min().unwrap_or(Selected::No)
}

fn select(filter: &Value, place: Place<'_>) -> Selected {
    let resources = &filter["resources"];
    let texts = |list: &Value| -> Vec<String> {
        let items = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        items.map(str::to_owned).collect()
    };
    let (kinds, namespaces) = (texts(&resources["kinds"]), texts(&resources["namespaces"]));
    let pod = |kind: &String| {
        matches!(kind.as_str(), "*" | "*/*" | "Pod" | "v1/Pod" | "*/Pod" | "*/v1/Pod" | "*/*/Pod")
    };
    let selected =
        selector(&resources["namespaceSelector"]).is_none_or(|it| it.matches(place.labels));
    if !kinds.is_empty() && !kinds.iter().any(pod)
        || !namespaces.is_empty() && !namespaces.iter().any(|it| glob(it, place.name))
        || !selected
    {
        return Selected::No;
    }
    let fields = |value: &Value, known: &[&str]| {
        value.as_object().is_some_and(|it| {
            it.iter().any(|(key, it)| !known.contains(&key.as_str()) && !is_empty(it))
        })
    };
    let operations = texts(&resources["operations"]);
    let creates = operations.is_empty() || operations.iter().any(|it| it == "CREATE");
    let by_pod = fields(resources, &["kinds", "namespaces", "namespaceSelector", "operations"]);
    if by_pod || fields(filter, &["resources", "any", "all"]) || !creates {
        return Selected::Some;
    }
    Selected::All
}
