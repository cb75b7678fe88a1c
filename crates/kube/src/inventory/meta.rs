//! Object metadata, without what changes by itself or could hold a secret.

use std::collections::BTreeMap;

use eksray_rule::credential::{self, Credential, Literal};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Labels, or a selector's `matchLabels`.
pub type Labels = BTreeMap<String, String>;

/// Metadata that rules and reports need.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", from = "Wire")]
pub struct ObjectMeta {
    /// Name.
    pub name: String,
    /// Prefix of a generated name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub generate_name: String,
    /// Namespace, empty for cluster-scoped objects.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    /// When it was made; absent in manifests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_timestamp: Option<Timestamp>,
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
    /// Annotations of the allow-list only; see [`KEPT`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Labels,
    /// The controlling owner, if any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub owner_references: Vec<OwnerReference>,
    /// Credentials found in annotations, kept or not.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
}

/// A reference to the controlling owner.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnerReference {
    /// `apps/v1`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Whether this owner manages the object; only such references are kept.
    #[serde(default)]
    pub controller: bool,
}

impl OwnerReference {
    /// The group of `apiVersion`, empty for the legacy group.
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}

/// Annotations that rules read; all others are dropped while decoding.
pub const KEPT: &[&str] = &[
    "alb.ingress.kubernetes.io/",
    "argocd.argoproj.io/",
    "cert-manager.io/inject-",
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
    "eks.amazonaws.com/",
    "haproxy-ingress.github.io/ssl-",
    "haproxy.org/ssl-",
    "ingress.kubernetes.io/ssl-",
    "ingressclass.kubernetes.io/is-default-class",
    "kubernetes.io/config.",
    "kubernetes.io/ingress.class",
    "meta.helm.sh/",
    "nginx.ingress.kubernetes.io/auth-",
    "nginx.ingress.kubernetes.io/backend-protocol",
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "nginx.ingress.kubernetes.io/ssl-",
    "nginx.ingress.kubernetes.io/whitelist-source-range",
    "rbac.authorization.kubernetes.io/",
    "seccomp.security.alpha.kubernetes.io/",
    "service.beta.kubernetes.io/",
    "traefik.ingress.kubernetes.io/router.",
    "vpc.amazonaws.com/pod-eni",
];

/// What stands for the text of an annotation of which only its presence is kept.
pub const PRESENT: &str = "(present)";

/// Annotations that hold a piece of configuration: `…/server-snippet`, `…/location-snippets`.
fn is_snippet(key: &str) -> bool {
    key.ends_with("-snippet") || key.ends_with("-snippets")
}

/// A copy of the whole object: what stands in it is judged where it stands.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Their values are names of profiles, whatever container the key names: `…/password-rotator: unconfined`.
const PROFILES: &[&str] = &[
    "container.apparmor.security.beta.kubernetes.io/",
    "container.seccomp.security.alpha.kubernetes.io/",
];

/// Metadata as the API sends it, with annotations not looked at yet.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    name: Option<String>,
    generate_name: Option<String>,
    namespace: Option<String>,
    creation_timestamp: Option<Timestamp>,
    labels: Option<Labels>,
    annotations: Option<Labels>,
    owner_references: Option<Vec<OwnerReference>>,
    credentials: Vec<Credential>,
}

impl From<Wire> for ObjectMeta {
    fn from(wire: Wire) -> Self {
        let annotations = wire.annotations.unwrap_or_default();
        let literals: Vec<Literal<'_>> = annotations
            .iter()
            .filter(|(key, _)| {
                *key != LAST_APPLIED && PROFILES.iter().all(|it| !key.starts_with(it))
            })
            .map(|(key, value)| Literal { place: key, name: key, value })
            .collect();
        let mut credentials = credential::find_all(&literals);
        credentials.extend(wire.credentials);
        credentials.sort();
        credentials.dedup();
        let is_kept = |key: &str| {
            KEPT.iter().any(|it| key.starts_with(it))
                && credentials.iter().all(|it| it.place != key)
        };
        let kept = annotations.into_iter().filter_map(|(key, value)| match key.as_str() {
            key_ if is_snippet(key_) => Some((key, PRESENT.to_owned())),
            key_ if is_kept(key_) => Some((key, value)),
            _ => None,
        });
        let annotations = kept.collect();
        let mut owner_references = wire.owner_references.unwrap_or_default();
        owner_references.retain(|it| it.controller);
        Self {
            name: wire.name.unwrap_or_default(),
            generate_name: wire.generate_name.unwrap_or_default(),
            namespace: wire.namespace.unwrap_or_default(),
            creation_timestamp: wire.creation_timestamp,
            labels: wire.labels.unwrap_or_default(),
            annotations,
            owner_references,
            credentials,
        }
    }
}

/// A label selector. An empty one selects everything; an absent one, where the API allows it, nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// All must equal.
    #[serde(deserialize_with = "super::meta::null_as_default")]
    pub match_labels: Labels,
    /// All must hold.
    #[serde(deserialize_with = "super::meta::null_as_default")]
    pub match_expressions: Vec<Requirement>,
}

/// One expression of a selector.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requirement {
    /// Label key.
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    /// Values of `In` and `NotIn`.
    #[serde(default, deserialize_with = "super::meta::null_as_default")]
    pub values: Vec<String>,
}

impl LabelSelector {
    /// Whether it selects whatever there is.
    pub fn is_everything(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Whether labels satisfy every part; an operator we do not know never matches.
    pub fn matches(&self, labels: &Labels) -> bool {
        let equal = self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
        equal
            && self.match_expressions.iter().all(|it| {
                let value = labels.get(&it.key);
                match it.operator.as_str() {
                    "In" => value.is_some_and(|value| it.values.contains(value)),
                    "NotIn" => value.is_none_or(|value| !it.values.contains(value)),
                    "Exists" => value.is_some(),
                    "DoesNotExist" => value.is_none(),
                    _ => false,
                }
            })
    }
}

/// Reads `null` like an absent field: API servers send both.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Metadata of an object of a list, which has a name.
pub(crate) fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    let metadata = ObjectMeta::deserialize(deserializer)?;
    if metadata.name.is_empty() { Err(D::Error::missing_field("name")) } else { Ok(metadata) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_reduced_to_the_allow_list() {
        let meta: ObjectMeta = serde_json::from_value(serde_json::json!({
            "name": "web",
            "annotations": {
                "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/web",
                "example.com/db-password": "hunter2",
                "example.com/note": "nothing",
                "nginx.ingress.kubernetes.io/server-snippet": "set $x https://u:hunter2@x.example;",
            },
        }))
        .unwrap();
        let kept: Vec<_> = meta.annotations.keys().map(String::as_str).collect();
        let snippet = "nginx.ingress.kubernetes.io/server-snippet";
        assert_eq!(kept, ["eks.amazonaws.com/role-arn", snippet]);
        assert_eq!(meta.annotations[snippet], PRESENT);
        assert_eq!(meta.credentials[0].place, "example.com/db-password");
        let text = serde_json::to_string(&meta).unwrap();
        assert!(!text.contains("hunter2"));
        assert_eq!(serde_json::from_str::<ObjectMeta>(&text).unwrap(), meta);
    }

    #[test]
    fn profiles_of_containers_are_no_credentials_whatever_the_container_is_called() {
        let key = "container.apparmor.security.beta.kubernetes.io/password-rotator";
        let meta: ObjectMeta =
            serde_json::from_value(serde_json::json!({ "annotations": { key: "unconfined" } }))
                .unwrap();
        assert_eq!(meta.annotations[key], "unconfined");
        assert_eq!(meta.credentials, []);
    }

    #[test]
    fn selectors_match_as_the_api_server_does() {
        let labels = Labels::from([("app".to_owned(), "web".to_owned())]);
        let selector = |text: &str| serde_json::from_str::<LabelSelector>(text).unwrap();
        for (text, expected) in [
            ("{}", true),
            (r#"{"matchLabels":{"app":"web"}}"#, true),
            (r#"{"matchLabels":{"app":"api"}}"#, false),
            (r#"{"matchExpressions":[{"key":"app","operator":"In","values":["web"]}]}"#, true),
            (r#"{"matchExpressions":[{"key":"app","operator":"NotIn","values":["web"]}]}"#, false),
            (r#"{"matchExpressions":[{"key":"tier","operator":"NotIn","values":["x"]}]}"#, true),
            (r#"{"matchExpressions":[{"key":"tier","operator":"DoesNotExist"}]}"#, true),
            (r#"{"matchExpressions":[{"key":"app","operator":"Exists","values":null}]}"#, true),
        ] {
            assert_eq!(selector(text).matches(&labels), expected, "{text}");
        }
    }
}
