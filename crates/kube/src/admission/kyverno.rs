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
    webhooks::through("Kyverno", guards.min().unwrap_or(Guard::Nothing), place, kube)
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
    Ok(if webhooks::runs("Kyverno", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

/// A rule that verifies images and denies.
pub(super) fn verifies_images(kube: &Kube) -> Result<Guard, Gap> {
    let verifies = |it: &&PolicyObject| match it.api_version.split('/').next() {
        Some("kyverno.io") => {
            let verifies = |rule: &&Value| !is_empty(&rule["verifyImages"]);
            rules(&it.spec).filter(verifies).any(|rule| is_enforced(&it.spec, rule))
        }
        Some("policies.kyverno.io") => it.kind.contains("ImageValidating") && denies(&it.spec),
        _ => false,
    };
    let objects = kube.policy_objects.known()?;
    let Some(found) = objects.iter().find(verifies) else { return Ok(Guard::Nothing) };
    let text = format!("{} {}", found.kind, found.metadata.name);
    Ok(if webhooks::runs("Kyverno", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

fn policy(it: &PolicyObject, place: Place<'_>) -> Guard {
    let own = &it.metadata.namespace;
    let name = format!("{} {}", it.kind, it.metadata.name);
    match it.api_version.split('/').next() {
        _ if !own.is_empty() && own != place.name => Guard::Nothing,
        Some("policies.kyverno.io") if place.level == Level::Restricted => Guard::Nothing,
        Some("policies.kyverno.io") if denies(&it.spec) => cel::spec(name, &it.spec, place),
        Some("kyverno.io") if it.spec["admission"] != Value::Bool(false) => {
            let enforced = rules(&it.spec).filter(|rule| is_enforced_in(&it.spec, rule, place));
            let guards = enforced.map(|rule| judge(&name, rule, place));
            guards.min().unwrap_or(Guard::Nothing)
        }
        _ => Guard::Nothing,
    }
}

pub(super) fn rules(spec: &Value) -> impl Iterator<Item = &Value> {
    spec["rules"].as_array().into_iter().flatten()
}

pub(super) fn denies(spec: &Value) -> bool {
    let actions = spec["validationActions"].as_array();
    // Without actions, these policies deny.
    actions.is_none_or(|it| it.iter().any(|it| it == "Deny"))
}

/// Whether a rule denies anywhere: by its own action, the policy's, or an override of either. The default is to
/// audit.
pub(super) fn is_enforced(spec: &Value, rule: &Value) -> bool {
    enforces(own_action(spec, rule))
        || overrides(spec, rule).any(|it| enforces(it["action"].as_str()))
}

/// Whether a rule denies in a namespace: the first override that fits decides.
fn is_enforced_in(spec: &Value, rule: &Value, place: Place<'_>) -> bool {
    let fits = |it: &&Value| {
        let named = texts(&it["namespaces"]);
        let selected = selector(&it["namespaceSelector"]).is_none_or(|it| it.matches(place.labels));
        (named.is_empty() || named.iter().any(|it| glob(it, place.name))) && selected
    };
    match overrides(spec, rule).find(fits) {
        Some(it) => enforces(it["action"].as_str()),
        None => enforces(own_action(spec, rule)),
    }
}

fn own_action<'a>(spec: &'a Value, rule: &'a Value) -> Option<&'a str> {
    let images = rule["verifyImages"].as_array().into_iter().flatten();
    let mut own = std::iter::once(&rule["validate"]).chain(images);
    own.find_map(|it| it["failureAction"].as_str()).or(spec["validationFailureAction"].as_str())
}

fn overrides<'a>(spec: &'a Value, rule: &'a Value) -> impl Iterator<Item = &'a Value> {
    let lists =
        [&rule["validate"]["failureActionOverrides"], &spec["validationFailureActionOverrides"]];
    lists.into_iter().filter_map(Value::as_array).flatten()
}

fn enforces(action: Option<&str>) -> bool {
    action.is_some_and(|it| it.eq_ignore_ascii_case("enforce"))
}

/// An exception for the policy, wherever it holds.
fn exception<'a>(policy: &PolicyObject, objects: &'a [PolicyObject]) -> Option<&'a str> {
    exceptions(policy, objects).next().map(|it| it.metadata.name.as_str())
}

/// The exceptions that name the policy.
fn exceptions<'a>(
    policy: &PolicyObject,
    objects: &'a [PolicyObject],
) -> impl Iterator<Item = &'a PolicyObject> {
    let name = policy.metadata.name.clone();
    objects.iter().filter(move |it| {
        let exceptions = it.spec["exceptions"].as_array().into_iter().flatten();
        let references = it.spec["policyRefs"].as_array().into_iter().flatten();
        it.kind == "PolicyException"
            && (exceptions.map(|it| &it["policyName"]).chain(references.map(|it| &it["name"])))
                .filter_map(Value::as_str)
                .any(|it| it.rsplit('/').next() == Some(&name))
    })
}

/// What takes every object of a namespace out of a policy: an exception for all its rules, or what each of its
/// rules excludes.
pub(super) fn leaves_out(
    policy: &PolicyObject,
    place: Place<'_>,
    objects: &[PolicyObject],
) -> Option<String> {
    let exempts = |it: &&PolicyObject| {
        let mut names = it.spec["exceptions"].as_array().into_iter().flatten();
        let whole = it.spec["policyRefs"].is_array() && is_empty(&it.spec["matchConditions"])
            || names.any(|it| texts(&it["ruleNames"]).iter().any(|it| it == "*"));
        let matched = filters(&it.spec["match"]).any(|it| takes_namespace(&it, place));
        whole && is_empty(&it.spec["conditions"]) && (it.spec["match"].is_null() || matched)
    };
    if let Some(it) = exceptions(policy, objects).find(exempts) {
        return Some(format!("PolicyException {}", it.metadata.name));
    }
    let excludes = |rule: &Value| filters(&rule["exclude"]).any(|it| takes_namespace(&it, place));
    let mut rules = rules(&policy.spec).peekable();
    (rules.peek().is_some() && rules.all(excludes)).then(|| "exclude of its rules".to_owned())
}

/// Whether filters take whatever is made in a namespace: those that only name namespaces, or kinds by `*`.
fn takes_namespace(filter: &Filter<'_>, place: Place<'_>) -> bool {
    filter.0.iter().all(|it| {
        let resources = &it["resources"];
        let kinds = texts(&resources["kinds"]);
        let every_kind = kinds.is_empty() || kinds.iter().any(|it| it == "*" || it == "Pod");
        let known = ["kinds", "namespaces", "namespaceSelector"];
        every_kind
            && !has_more(resources, &known)
            && !has_more(it, &["resources", "any", "all"])
            && is_in(resources, place)
    })
}

fn is_in(resources: &Value, place: Place<'_>) -> bool {
    let namespaces = texts(&resources["namespaces"]);
    let selected =
        selector(&resources["namespaceSelector"]).is_none_or(|it| it.matches(place.labels));
    selected && (namespaces.is_empty() || namespaces.iter().any(|it| glob(it, place.name)))
}

fn has_more(value: &Value, known: &[&str]) -> bool {
    value.as_object().is_some_and(|it| {
        it.iter().any(|(key, it)| !known.contains(&key.as_str()) && !is_empty(it))
    })
}

fn texts(list: &Value) -> Vec<String> {
    let items = list.as_array().into_iter().flatten().filter_map(Value::as_str);
    items.map(str::to_owned).collect()
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
    let kinds = texts(&resources["kinds"]);
    let pod = |kind: &String| {
        matches!(kind.as_str(), "*" | "*/*" | "Pod" | "v1/Pod" | "*/Pod" | "*/v1/Pod" | "*/*/Pod")
    };
    if !kinds.is_empty() && !kinds.iter().any(pod) || !is_in(resources, place) {
        return Selected::No;
    }
    let operations = texts(&resources["operations"]);
    let creates = operations.is_empty() || operations.iter().any(|it| it == "CREATE");
    let by_pod = has_more(resources, &["kinds", "namespaces", "namespaceSelector", "operations"]);
    if by_pod || has_more(filter, &["resources", "any", "all"]) || !creates {
        return Selected::Some;
    }
    Selected::All
}
