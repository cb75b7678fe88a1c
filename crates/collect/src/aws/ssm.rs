//! Systems Manager: what it knows of nodes, and the images that AWS recommends.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::assess::{ManagedInstance, PatchState};
use eksray_rule::Gap;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{parse::sorted, place::Place, read::Page, signed::Service};

const SERVICE: Service = Service { id: "SSM", name: "ssm", version: "AmazonSSM" };

/// Nodes asked for at once, the most that either call takes or gives.
const NODES: usize = 50;

/// Parameters asked for at once.
const PARAMETERS: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    #[serde(default)]
    parameters: Vec<Parameter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: String,
    value: String,
}

/// `ssm:GetParameters` of public parameters, all under `/aws/service/`; those that do not exist are left out.
pub(crate) async fn parameters(
    place: &Place,
    names: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Gap> {
    let names: Vec<&String> = names.iter().filter(|it| it.starts_with("/aws/service/")).collect();
    let chunks = names.chunks(PARAMETERS).map(|names| async move {
        let call = place.read("ssm:GetParameters").once(
            || place.signed.json(SERVICE, "GetParameters", json!({ "Names": names })),
            |it: Parameters| Ok(it.parameters),
        );
        call.await
    });
    let found = try_join_all(chunks).await?.into_iter().flatten();
    Ok(found.map(|it| (it.name, it.value)).collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Informations {
    #[serde(default)]
    instance_information_list: Vec<Information>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Information {
    instance_id: String,
    #[serde(default)]
    ping_status: String,
}

/// `ssm:DescribeInstanceInformation` of nodes.
pub(crate) async fn managed_instances(
    place: &Place,
    nodes: &[String],
) -> Result<Vec<ManagedInstance>, Gap> {
    let chunks = nodes.chunks(NODES).map(|nodes| async move {
        let call = place.read("ssm:DescribeInstanceInformation").all(
            |token| {
                let filter = json!({ "Key": "InstanceIds", "Values": nodes });
                let body = json!({ "Filters": [filter], "MaxResults": NODES });
                let body = with_token(body, token);
                place.signed.json(SERVICE, "DescribeInstanceInformation", body)
            },
            |it: Informations| {
                let items = it.instance_information_list.into_iter().map(|it| ManagedInstance {
                    instance_id: it.instance_id,
                    ping_status: it.ping_status,
                });
                Ok(Page { items: items.collect(), next: it.next_token })
            },
        );
        call.await
    });
    let found = try_join_all(chunks).await?.into_iter().flatten().collect();
    Ok(sorted(found, |it: &ManagedInstance| it.instance_id.as_str()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct States {
    #[serde(default)]
    instance_patch_states: Vec<State>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    instance_id: String,
    #[serde(default)]
    security_non_compliant_count: u32,
    #[serde(default)]
    critical_non_compliant_count: u32,
    #[serde(default)]
    failed_count: u32,
}

/// `ssm:DescribeInstancePatchStates` of nodes.
pub(crate) async fn patch_states(place: &Place, nodes: &[String]) -> Result<Vec<PatchState>, Gap> {
    let chunks = nodes.chunks(NODES).map(|nodes| async move {
        let call = place.read("ssm:DescribeInstancePatchStates").all(
            |token| {
                let body = with_token(json!({ "InstanceIds": nodes, "MaxResults": NODES }), token);
                place.signed.json(SERVICE, "DescribeInstancePatchStates", body)
            },
            |it: States| {
                let items = it.instance_patch_states.into_iter().map(|it| PatchState {
                    instance_id: it.instance_id,
                    security_non_compliant_count: it.security_non_compliant_count,
                    critical_non_compliant_count: it.critical_non_compliant_count,
                    failed_count: it.failed_count,
                });
                Ok(Page { items: items.collect(), next: it.next_token })
            },
        );
        call.await
    });
    let found = try_join_all(chunks).await?.into_iter().flatten().collect();
    Ok(sorted(found, |it: &PatchState| it.instance_id.as_str()))
}

fn with_token(mut body: Value, token: Option<String>) -> Value {
    if let Some(token) = token {
        body["NextToken"] = token.into();
    }
    body
}
