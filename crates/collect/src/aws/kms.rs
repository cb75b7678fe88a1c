//! The keys that resources of clusters name.

use std::collections::BTreeSet;

use eksray_aws::inventory::kms::{Key, KeyDescription, Rotation};
use eksray_rule::Gap;
use futures::{future::join_all, join};
use serde::Deserialize;
use serde_json::json;

use super::{parse::seconds, place::Place, signed::Service};

const SERVICE: Service = Service { id: "KMS", name: "kms", version: "TrentService" };

/// Each key described; keys of AWS and of other accounts are not asked for more.
pub(crate) async fn keys(place: &Place, ids: &BTreeSet<String>) -> Vec<Key> {
    join_all(ids.iter().map(|id| key(place, id))).await
}

async fn key(place: &Place, id: &str) -> Key {
    let mut key = Key { key_id: id.to_owned(), ..Key::default() };
    let described = match described(place, id).await {
        Ok(described) => described,
        Err(gap) => return Key { described: Err(gap).into(), ..key },
    };
    let is_customers = described.key_manager == "CUSTOMER";
    let is_own = described.arn.split(':').nth(4) == Some(place.account.as_str());
    let rotates = described.key_spec == "SYMMETRIC_DEFAULT" && described.origin == "AWS_KMS";
    let arn = described.arn.as_str();
    let (rotation, policy) = join!(
        async { if is_customers && rotates { Some(rotation(place, arn).await) } else { None } },
        async { if is_customers && is_own { Some(policy(place, arn).await) } else { None } },
    );
    key.rotation = rotation.map(Into::into).unwrap_or_default();
    key.policy = policy.map(Into::into).unwrap_or_default();
    key.described = Ok(described).into();
    key
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    key_metadata: Metadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    arn: String,
    key_manager: String,
    key_state: String,
    key_spec: Option<String>,
    customer_master_key_spec: Option<String>,
    #[serde(default)]
    origin: String,
    deletion_date: Option<f64>,
    valid_to: Option<f64>,
}

async fn described(place: &Place, id: &str) -> Result<KeyDescription, Gap> {
    let call = place.read("kms:DescribeKey").once(
        || place.signed.json(SERVICE, "DescribeKey", json!({ "KeyId": id })),
        |it: Described| {
            let it = it.key_metadata;
            Ok(KeyDescription {
                arn: it.arn,
                key_manager: it.key_manager,
                key_state: it.key_state,
                key_spec: it.key_spec.or(it.customer_master_key_spec).unwrap_or_default(),
                origin: it.origin,
                deletion_date: it.deletion_date.and_then(seconds),
                valid_to: it.valid_to.and_then(seconds),
            })
        },
    );
    call.await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RotationStatus {
    key_rotation_enabled: bool,
    rotation_period_in_days: Option<u32>,
}

async fn rotation(place: &Place, arn: &str) -> Result<Rotation, Gap> {
    let call = place.read("kms:GetKeyRotationStatus").once(
        || place.signed.json(SERVICE, "GetKeyRotationStatus", json!({ "KeyId": arn })),
        |it: RotationStatus| {
            Ok(Rotation {
                key_rotation_enabled: it.key_rotation_enabled,
                rotation_period_in_days: it.rotation_period_in_days,
            })
        },
    );
    call.await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy: String,
}

async fn policy(place: &Place, arn: &str) -> Result<String, Gap> {
    let body = json!({ "KeyId": arn, "PolicyName": "default" });
    let call = place.read("kms:GetKeyPolicy").once(
        || place.signed.json(SERVICE, "GetKeyPolicy", body.clone()),
        |it: Policy| Ok(it.policy),
    );
    call.await
}
