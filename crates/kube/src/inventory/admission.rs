//! Webhooks, admission policies and policy engines.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::meta::{LabelSelector, ObjectMeta, named, null_as_default};

/// A validating or mutating webhook configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookConfiguration {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Webhooks.
    #[serde(default, deserialize_with = "null_as_default")]
    pub webhooks: Vec<Webhook>,
}

/// A webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Name.
    pub name: String,
    /// `Fail` or `Ignore`; absent means `Fail`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_policy: Option<String>,
    /// Namespaces it sees.
    #[serde(default, deserialize_with = "null_as_default")]
    pub namespace_selector: LabelSelector,
    /// Objects it sees.
    #[serde(default, deserialize_with = "null_as_default")]
    pub object_selector: LabelSelector,
    /// Requests it sees; all must hold.
    #[serde(default, deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub match_conditions: Vec<MatchCondition>,
    /// What it sees.
    #[serde(default, deserialize_with = "null_as_default")]
    pub rules: Vec<WebhookRule>,
    /// Seconds that a request waits for it; absent means 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
    /// Where it is.
    #[serde(default, deserialize_with = "null_as_default")]
    pub client_config: ClientConfig,
}

/// An expression of CEL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MatchCondition {
    /// Name.
    pub name: String,
    /// Expression.
    pub expression: String,
}

/// What a webhook sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookRule {
    /// `CREATE`, …
    #[serde(deserialize_with = "null_as_default")]
    pub operations: Vec<String>,
    /// Groups.
    #[serde(deserialize_with = "null_as_default")]
    pub api_groups: Vec<String>,
    /// Resources.
    #[serde(deserialize_with = "null_as_default")]
    pub resources: Vec<String>,
    /// `Cluster`, `Namespaced` or `*`; absent means `*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
}

/// Where a webhook is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClientConfig {
    /// A Service of the cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceRef>,
    /// Any other address: scheme, host and port of it.
    #[serde(deserialize_with = "origin", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether there is one, or true and false in a snapshot.
    #[serde(deserialize_with = "is_there")]
    pub ca_bundle: bool,
}

/// A path may hold a token.
fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let url = Option::<String>::deserialize(deserializer)?;
    Ok(url.map(|it| match it.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        None => it.split(['/', '?', '#']).next().unwrap_or_default().to_owned(),
    }))
}

fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Bool(there) => there,
        Value::String(text) => !text.is_empty(),
        _ => false,
    })
}

/// A Service of the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRef {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// Port; absent means 443.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// A ValidatingAdmissionPolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification as it came, an object: expressions are read by `crate::admission`.
    #[serde(deserialize_with = "object")]
    pub spec: Value,
}

/// A ValidatingAdmissionPolicyBinding.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyBinding {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: PolicyBindingSpec,
}

/// A binding's specification.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyBindingSpec {
    /// Policy.
    pub policy_name: String,
    /// `Deny`, `Warn`, `Audit`.
    #[serde(default, deserialize_with = "null_as_default")]
    pub validation_actions: Vec<String>,
    /// What it applies to; absent means all that the policy matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub match_resources: Option<MatchResources>,
}

/// What a binding applies to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MatchResources {
    /// Namespaces.
    #[serde(deserialize_with = "null_as_default")]
    pub namespace_selector: LabelSelector,
    /// What narrows it further, as it came: `objectSelector`, `resourceRules`, `excludeResourceRules`.
    #[serde(flatten)]
    pub narrowed: std::collections::BTreeMap<String, Value>,
}

/// A Kyverno policy or a Gatekeeper constraint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyObject {
    /// `kyverno.io/v1`, `constraints.gatekeeper.sh/v1beta1`, …
    #[serde(default)]
    pub api_version: String,
    /// Kind.
    #[serde(default)]
    pub kind: String,
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification as it came.
    #[serde(default)]
    pub spec: Value,
}

fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    serde_json::Map::deserialize(deserializer).map(Value::Object)
}
