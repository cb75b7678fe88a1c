use eksray_rule::{Judgement, Part, Severity, Verdict};
use serde_json::{Map, Value};

use crate::{Check, Context, Rule, inventory::cluster::CustomObject, namespaces::first_five};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(4), Part::SecretsManager],
    cis: &[],
    check: Check::SecretStore(check),
};

fn check(store: &CustomObject, context: &Context<'_>) -> Verdict {
    let spec = &store.spec;
    if store.kind == "SecretProviderClass" {
        let copies = spec["secretObjects"].as_array().into_iter().flatten();
        let names: Vec<&str> = copies.filter_map(|it| it["secretName"].as_str()).collect();
        let fact = format!("secretObjects copies values into Secrets: {}", first_five(&names));
        return Ok(Judgement::of((!names.is_empty()).then_some(fact).into_iter().collect()));
    }
    let mut facts = Vec::new();
    if !context.settings.single_tenant && is_open(&spec["conditions"]) {
        let how = if spec["conditions"].is_array() { "conditions admit" } else { "no conditions:" };
        facts.push(format!("{how} every namespace"));
    }
    for (provider, settings) in spec["provider"].as_object().into_iter().flatten() {
        let found = static_credentials(settings);
        facts.extend(found.map(|it| format!("provider.{provider}.{it} names a static credential")));
    }
    Ok(Judgement::of(facts))
}

/// No conditions, or one that every namespace meets.
fn is_open(conditions: &Value) -> bool {
    let Some(conditions) = conditions.as_array() else { return true };
    let everything = |it: &Value| {
        let selector = it["namespaceSelector"].as_object();
        let mut patterns = it["namespaceRegexes"].as_array().into_iter().flatten();
        selector.is_some_and(|it| it.values().all(is_empty))
            || patterns.any(|it| it == ".*" || it == ".+" || it == "^.*$")
    };
    conditions.is_empty() || conditions.iter().any(everything)
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
}

/// Where a provider is told which Secret holds its key or token.
fn static_credentials(settings: &Value) -> Option<String> {
    let is_static = |it: &&String| it.ends_with("secretRef") || it.ends_with("SecretRef");
    let direct = |value: &Value| value.as_object()?.keys().find(is_static).cloned();
    let auth = &settings["auth"];
    let nested = || {
        let mut methods = auth.as_object()?.iter();
        methods.find_map(|(method, it)| Some(format!("auth.{method}.{}", direct(it)?)))
    };
    direct(auth).map(|it| format!("auth.{it}")).or_else(nested).or_else(|| direct(settings))
}
