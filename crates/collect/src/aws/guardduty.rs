//! Threat detection: detectors, the clusters that runtime monitoring covers, and findings.

mod findings;

use std::collections::BTreeMap;

use eksray_aws::inventory::logs::{Coverage, Detector, Finding};
use eksray_rule::{Fetched, Gap};
use futures::{
    future::{join_all, try_join_all},
    join,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Service, path_with},
};

const SERVICE: Service = Service { id: "GuardDuty", name: "guardduty", version: "" };

/// What `GuardDuty` tells of a Region.
pub(crate) struct GuardDuty {
    /// `guardduty:ListDetectors`, each got.
    pub(crate) detectors: Result<Vec<Fetched<Detector>>, Gap>,
    /// `guardduty:ListCoverage` of resource type `EKS`.
    pub(crate) coverage: Result<Vec<Coverage>, Gap>,
    /// `guardduty:ListFindings`, each got.
    pub(crate) findings: Result<Vec<Finding>, Gap>,
}

/// Reads what starts from the list of detectors.
pub(crate) async fn guardduty(place: &Place) -> GuardDuty {
    let ids = match detector_ids(place).await {
        Ok(ids) => ids,
        Err(gap) => {
            let (detectors, coverage) = (Err(gap.clone()), Err(gap.clone()));
            return GuardDuty { detectors, coverage, findings: Err(gap) };
        }
    };
    let detectors = join_all(ids.iter().map(|it| async move { detector(place, it).await.into() }));
    let coverage = try_join_all(ids.iter().map(|it| coverage(place, it)));
    let findings = try_join_all(ids.iter().map(|it| findings::findings(place, it)));
    let (detectors, coverage, findings) = join!(detectors, coverage, findings);
    let coverage = coverage.map(|it| it.into_iter().flatten().collect());
    let findings = findings.map(|it| it.into_iter().flatten().collect());
    GuardDuty {
        detectors: Ok(detectors),
        coverage: coverage.map(|it| sorted(it, |it: &Coverage| it.cluster_name.as_str())),
        findings: findings.map(|it| sorted(it, |it: &Finding| it.id.as_str())),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    #[serde(default)]
    detector_ids: Vec<String>,
    next_token: Option<String>,
}

async fn detector_ids(place: &Place) -> Result<Vec<String>, Gap> {
    let call = place.read("guardduty:ListDetectors").all(
        |token: Option<String>| {
            let mut parameters = vec![("maxResults", "50")];
            parameters.extend(token.as_deref().map(|it| ("nextToken", it)));
            place.signed.rest::<Ids>(SERVICE, path_with("/detector", &parameters), None)
        },
        |it| Ok(Page { items: it.detector_ids, next: it.next_token }),
    );
    Ok(sorted(call.await?, String::as_str))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DetectorAnswer {
    status: String,
    #[serde(default)]
    features: Vec<Feature>,
    data_sources: Option<DataSources>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feature {
    name: String,
    status: String,
    #[serde(default)]
    additional_configuration: Vec<AdditionalConfiguration>,
}

#[derive(Debug, Deserialize)]
struct AdditionalConfiguration {
    name: String,
    status: String,
}

#[derive(Debug, Deserialize)]
struct DataSources {
    kubernetes: Option<Kubernetes>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kubernetes {
    audit_logs: Option<Status>,
}

#[derive(Debug, Deserialize)]
struct Status {
    status: String,
}

async fn detector(place: &Place, id: &str) -> Result<Detector, Gap> {
    let call = place.read("guardduty:GetDetector").once(
        || place.signed.rest(SERVICE, format!("/detector/{id}"), None),
        |it: DetectorAnswer| {
            let (status, features) = (it.status.clone(), features(it));
            Ok(Detector { detector_id: id.to_owned(), status, features })
        },
    );
    call.await
}

/// Status by name. What a feature configures in addition stands under its own name, unless a feature has it.
fn features(it: DetectorAnswer) -> BTreeMap<String, String> {
    let mut features = BTreeMap::new();
    let audit = it.data_sources.and_then(|it| it.kubernetes).and_then(|it| it.audit_logs);
    if let Some(audit) = audit {
        features.insert("EKS_AUDIT_LOGS".to_owned(), audit.status);
    }
    for additional in it.features.iter().flat_map(|it| &it.additional_configuration) {
        features.insert(additional.name.clone(), additional.status.clone());
    }
    features.extend(it.features.into_iter().map(|it| (it.name, it.status)));
    features
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resources {
    #[serde(default)]
    resources: Vec<Resource>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    coverage_status: String,
    issue: Option<String>,
    resource_details: ResourceDetails,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceDetails {
    eks_cluster_details: Option<ClusterDetails>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterDetails {
    cluster_name: String,
    #[serde(default)]
    covered_nodes: u64,
    #[serde(default)]
    compatible_nodes: u64,
    management_type: Option<String>,
    addon_details: Option<AddonDetails>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddonDetails {
    addon_version: Option<String>,
}

async fn coverage(place: &Place, id: &str) -> Result<Vec<Coverage>, Gap> {
    let call = place.read("guardduty:ListCoverage").all(
        |token| {
            let condition = json!({"equals": ["EKS"]});
            let criterion = json!({"criterionKey": "RESOURCE_TYPE", "filterCondition": condition});
            let mut body = json!({
                "filterCriteria": {"filterCriterion": [criterion]},
                "maxResults": 50,
            });
            if let Some(token) = token {
                body["nextToken"] = token.into();
            }
            let path = format!("/detector/{id}/coverage");
            place.signed.rest::<Resources>(SERVICE, path, Some(body))
        },
        |it| {
            let items = it.resources.into_iter().filter_map(|it| {
                let details = it.resource_details.eks_cluster_details?;
                Some(Coverage {
                    cluster_name: details.cluster_name,
                    coverage_status: it.coverage_status,
                    covered_nodes: details.covered_nodes,
                    compatible_nodes: details.compatible_nodes,
                    management_type: details.management_type,
                    addon_version: details.addon_details.and_then(|it| it.addon_version),
                    issue: it.issue.filter(|it| !it.is_empty()),
                })
            });
            Ok(Page { items: items.collect(), next: it.next_token })
        },
    );
    call.await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features_of(json: serde_json::Value) -> BTreeMap<String, String> {
        features(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn features_win_over_data_sources_and_additional_configuration() {
        let found = features_of(json!({
            "status": "ENABLED",
            "dataSources": {"kubernetes": {"auditLogs": {"status": "DISABLED"}}},
            "features": [
                {"name": "EKS_AUDIT_LOGS", "status": "ENABLED"},
                {"name": "RUNTIME_MONITORING", "status": "ENABLED", "additionalConfiguration": [
                    {"name": "EKS_ADDON_MANAGEMENT", "status": "DISABLED"},
                ]},
            ],
        }));
        assert_eq!(found["EKS_AUDIT_LOGS"], "ENABLED");
        assert_eq!(found["RUNTIME_MONITORING"], "ENABLED");
        assert_eq!(found["EKS_ADDON_MANAGEMENT"], "DISABLED");
    }

    #[test]
    fn old_answers_only_have_data_sources() {
        let sources = json!({"kubernetes": {"auditLogs": {"status": "ENABLED"}}});
        let found = features_of(json!({"status": "ENABLED", "dataSources": sources}));
        assert_eq!(found["EKS_AUDIT_LOGS"], "ENABLED");
    }
}
