//! AWS Config: recorders.

use std::collections::BTreeMap;

use eksray_aws::inventory::config::{ConfigurationRecorder, RecorderStatus};
use eksray_rule::{Fetched, Gap, Reason};
use serde::Deserialize;
use serde_json::json;

use super::{parse::sorted, place::Place, signed::Service};

const SERVICE: Service =
    Service { id: "Config Service", name: "config", version: "StarlingDoveService" };

/// The account's own recorders, each with its status, which is asked for only where there is one.
pub(crate) async fn recorders(place: &Place) -> Result<Vec<ConfigurationRecorder>, Gap> {
    let call = place.read("config:DescribeConfigurationRecorders").once(
        || place.signed.json(SERVICE, "DescribeConfigurationRecorders", json!({})),
        |it: Recorders| Ok(it.configuration_recorders),
    );
    let recorders = call.await?;
    if recorders.is_empty() {
        return Ok(Vec::new());
    }
    let call = place.read("config:DescribeConfigurationRecorderStatus").once(
        || place.signed.json(SERVICE, "DescribeConfigurationRecorderStatus", json!({})),
        |it: Statuses| Ok(by_name(it)),
    );
    let statuses = call.await;
    let recorders = recorders.into_iter().map(|it| recorder(it, &statuses)).collect();
    Ok(sorted(recorders, |it: &ConfigurationRecorder| it.name.as_str()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Recorders {
    #[serde(default)]
    configuration_recorders: Vec<Recorder>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recorder {
    name: String,
    #[serde(default)]
    recording_group: Group,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Group {
    all_supported: bool,
    include_global_resource_types: bool,
    resource_types: Vec<String>,
    exclusion_by_resource_types: Option<Exclusion>,
    recording_strategy: Option<Strategy>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Exclusion {
    resource_types: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Strategy {
    use_only: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statuses {
    #[serde(default)]
    configuration_recorders_status: Vec<Status>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    recording: bool,
    last_status: Option<String>,
}

fn by_name(it: Statuses) -> BTreeMap<String, RecorderStatus> {
    let statuses = it.configuration_recorders_status.into_iter().map(|it| {
        let Status { name, recording, last_status } = it;
        (name, RecorderStatus { recording, last_status })
    });
    statuses.collect()
}

fn recorder(
    it: Recorder,
    statuses: &Result<BTreeMap<String, RecorderStatus>, Gap>,
) -> ConfigurationRecorder {
    let status = statuses.clone().and_then(|mut all| {
        all.remove(&it.name).ok_or_else(|| Gap {
            call: "config:DescribeConfigurationRecorderStatus".to_owned(),
            reason: Reason::Malformed,
            detail: format!("no status of recorder {}", it.name),
        })
    });
    let group = it.recording_group;
    ConfigurationRecorder {
        name: it.name,
        strategy: group.recording_strategy.and_then(|it| it.use_only),
        all_supported: group.all_supported,
        include_global_resource_types: group.include_global_resource_types,
        resource_types: group.resource_types,
        excluded_resource_types: group
            .exclusion_by_resource_types
            .map(|it| it.resource_types)
            .unwrap_or_default(),
        status: Fetched::from(status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorder_without_a_status_is_not_taken_for_a_running_one() {
        let all: Recorders = serde_json::from_value(json!({"ConfigurationRecorders": [{
            "name": "default", "roleARN": "arn", "recordingGroup": {
                "allSupported": false, "resourceTypes": [],
                "exclusionByResourceTypes": {"resourceTypes": ["AWS::IAM::Role"]},
                "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"},
            },
        }]}))
        .unwrap();
        let first = all.configuration_recorders.into_iter().next().unwrap();
        let found = recorder(first, &Ok(BTreeMap::new()));
        assert_eq!(found.excluded_resource_types, ["AWS::IAM::Role"]);
        assert_eq!(found.status.gap().unwrap().reason, Reason::Malformed);
    }
}
