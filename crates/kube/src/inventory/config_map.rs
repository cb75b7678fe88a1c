//! ConfigMaps, decoded so that no value outlives its page.

use std::collections::BTreeMap;

use eksray_rule::credential::{self, Credential, Literal};
use serde::{Deserialize, Serialize};

use super::meta::{Labels, ObjectMeta, named, null_as_default};

/// A ConfigMap, reduced to the credentials it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wire")]
pub struct ConfigMap {
    /// Metadata.
    pub metadata: ObjectMeta,
    /// Credentials in `data` and `binaryData`; the place is the key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// Values of [`SETTINGS`].
    #[serde(skip_serializing_if = "Labels::is_empty")]
    pub settings: Labels,
}

/// Keys whose values rules read; all others are dropped while decoding.
pub const SETTINGS: &[&str] = &["allow-snippet-annotations", "annotations-risk-level"];

/// A ConfigMap as the API sends it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(deserialize_with = "named")]
    metadata: ObjectMeta,
    #[serde(default, deserialize_with = "null_as_default")]
    data: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "null_as_default")]
    binary_data: BTreeMap<String, String>,
    #[serde(default)]
    credentials: Vec<Credential>,
    #[serde(default)]
    settings: Labels,
}

impl From<Wire> for ConfigMap {
    fn from(wire: Wire) -> Self {
        let mut credentials = wire.credentials;
        let literals: Vec<Literal<'_>> = wire
            .data
            .iter()
            .filter(|(_, value)| !value.trim().contains('\n'))
            .map(|(key, value)| Literal { place: key, name: key, value })
            .collect();
        credentials.extend(credential::find_all(&literals));
        for (key, text) in &wire.data {
            credentials.extend(credential::find_in_text(key, text));
        }
        for (key, data) in &wire.binary_data {
            let bytes = credential::decode(data).unwrap_or_default();
            credentials.extend(credential::find_in_text(key, &String::from_utf8_lossy(&bytes)));
        }
        credentials.sort();
        credentials.dedup_by(|a, b| a.place == b.place && a.kind == b.kind);
        let mut settings = wire.settings;
        settings.extend(wire.data.into_iter().filter(|(key, _)| SETTINGS.contains(&key.as_str())));
        Self { metadata: wire.metadata, credentials, settings }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_leave_only_their_kind() {
        let map: ConfigMap = serde_json::from_value(serde_json::json!({
            "metadata": { "name": "settings", "namespace": "shop" },
            "data": {
                "DB_PASSWORD": "hunter2",
                "application.properties": "user=app\npassword=hunter2\n",
                "allow-snippet-annotations": "true",
                "ca.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                "MODE": "production",
            },
            "binaryData": { "key.pem": "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUUK" },
        }))
        .unwrap();
        let places: Vec<&str> = map.credentials.iter().map(|it| it.place.as_str()).collect();
        assert_eq!(places, ["DB_PASSWORD", "application.properties", "key.pem"]);
        assert_eq!(map.settings.len(), 1);
        let text = serde_json::to_string(&map).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("MII"), "{text}");
        assert_eq!(serde_json::from_str::<ConfigMap>(&text).unwrap(), map);
    }
}
