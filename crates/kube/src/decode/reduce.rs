//! Drops from specifications of add-ons' kinds what could hold a secret and no rule reads.

use eksray_rule::credential::{self, Literal};
use serde_json::Value;

use super::CustomList;

/// What a dropped text becomes.
const DROPPED: &str = "(dropped)";

/// Reduces a specification.
pub(super) fn spec(list: CustomList, spec: &mut Value) {
    // User data of nodes, contents of the Secrets that are made from external ones, objects that policies
    // write. That they are there stays visible.
    let parts: &[&str] = match list {
        CustomList::Karpenter => &["userData"],
        CustomList::ExternalSecrets => &["template"],
        CustomList::Policies => &["generate", "mutate"],
        CustomList::LoadBalancing | CustomList::PodGroups => &[],
        // Bodies and headers that rules of layer 7 compare or set.
        CustomList::NetworkPolicies => &["http", "headers", "headerMatches"],
        CustomList::Routes => &["matches", "requestHeaderModifier", "responseHeaderModifier"],
    };
    // Some providers of a store keep their secrets in it.
    if list == CustomList::ExternalSecrets
        && let Some(provider @ Value::Object(_)) = spec.get_mut("provider")
    {
        hollow(provider);
    }
    reduce("", spec, parts);
}

/// Drops every text: which settings there are stays visible.
fn hollow(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(hollow),
        Value::Array(items) => items.iter_mut().for_each(hollow),
        Value::String(text) => DROPPED.clone_into(text),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn reduce(name: &str, value: &mut Value, parts: &[&str]) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::Object(_) | Value::Array(_) | Value::String(_)
                        if parts.contains(&name.as_str()) =>
                    {
                        *value = Value::String(DROPPED.to_owned());
                    }
                    _ => reduce(name, value, parts),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|it| reduce(name, it, parts)),
        Value::String(text) => {
            let literal = Literal { place: name, name, value: text };
            if !credential::find_all(&[literal]).is_empty() {
                DROPPED.clone_into(text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_could_hold_a_secret_is_dropped_and_the_rest_stays() {
        let reduced = |list, mut value: Value| {
            spec(list, &mut value);
            value
        };
        assert_eq!(
            reduced(
                CustomList::Karpenter,
                json!({ "userData": "export TOKEN=hunter2", "amiFamily": "AL2023" })
            ),
            json!({ "userData": "(dropped)", "amiFamily": "AL2023" })
        );
        let pool = json!({ "template": { "spec": { "expireAfter": "720h" } } });
        assert_eq!(reduced(CustomList::Karpenter, pool.clone()), pool);
        assert_eq!(
            reduced(
                CustomList::ExternalSecrets,
                json!({
                    "target": { "name": "db", "template": { "data": { "user": "hunter2" } } },
                    "data": [{ "secretKey": "password", "remoteRef": { "key": "prod/db" } }],
                })
            ),
            json!({
                "target": { "name": "db", "template": "(dropped)" },
                "data": [{ "secretKey": "password", "remoteRef": { "key": "prod/db" } }],
            })
        );
        assert_eq!(
            reduced(
                CustomList::ExternalSecrets,
                json!({ "provider": { "fake": { "data": [{ "key": "a", "value": "hunter2" }] } } })
            ),
            json!({ "provider": { "fake": { "data": [{ "key": "(dropped)", "value": "(dropped)" }] } } })
        );
        assert_eq!(
            reduced(
                CustomList::NetworkPolicies,
                json!({ "toPorts": [{ "rules": { "http": [{ "headers": ["X-Token: hunter2"] }] } }] })
            ),
            json!({ "toPorts": [{ "rules": { "http": "(dropped)" } }] })
        );
        assert_eq!(
            reduced(
                CustomList::Policies,
                json!({
                    "validationFailureAction": "Enforce",
                    "rules": [{ "generate": { "kind": "Secret" }, "url": "https://u:hunter2@x.example" }],
                })
            ),
            json!({
                "validationFailureAction": "Enforce",
                "rules": [{ "generate": "(dropped)", "url": "(dropped)" }],
            })
        );
    }
}
