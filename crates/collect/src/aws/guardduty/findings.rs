//! Findings of high severity about clusters and instances: what and where. Titles, addresses and users are not kept.

use std::collections::BTreeSet;

use eksray_aws::inventory::logs::Finding;
use eksray_rule::Gap;
use futures::future::try_join_all;
use serde::Deserialize;
use serde_json::json;

use super::SERVICE;
use crate::aws::{place::Place, read::Page};

/// Findings that one request may get.
const BATCH: usize = 50;

/// Findings of severity 7 or more that are not archived and name a cluster or an instance.
pub(super) async fn findings(place: &Place, detector: &str) -> Result<Vec<Finding>, Gap> {
    let ids = ids(place, detector).await?;
    let found = try_join_all(ids.chunks(BATCH).map(|it| details(place, detector, it))).await?;
    Ok(found.into_iter().flatten().collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ids {
    #[serde(default)]
    finding_ids: Vec<String>,
    next_token: Option<String>,
}

async fn ids(place: &Place, detector: &str) -> Result<Vec<String>, Gap> {
    let call = place.read("guardduty:ListFindings").all(
        |token: Option<String>| {
            let criterion = json!({
                "severity": {"greaterThanOrEqual": 7},
                "service.archived": {"equals": ["false"]},
            });
            let mut body = json!({"findingCriteria": {"criterion": criterion}, "maxResults": 50});
            if let Some(token) = token {
                body["nextToken"] = token.into();
            }
            let path = format!("/detector/{detector}/findings");
            place.signed.rest::<Ids>(SERVICE, path, Some(body))
        },
        |it| Ok(Page { items: it.finding_ids, next: it.next_token }),
    );
    call.await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    #[serde(default)]
    findings: Vec<Described>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    id: String,
    #[serde(rename = "type")]
    type_: String,
    severity: f64,
    #[serde(default)]
    title: String,
    updated_at: Option<String>,
    #[serde(default)]
    resource: Resource,
    #[serde(default)]
    service: ServiceDetails,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Resource {
    eks_cluster_details: Option<Arn>,
    instance_details: Option<Instance>,
    kubernetes_details: Option<Kubernetes>,
    container_details: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Arn {
    arn: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Instance {
    instance_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Kubernetes {
    kubernetes_workload_details: Option<Workload>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Workload {
    name: Option<String>,
    #[serde(rename = "type")]
    type_: Option<String>,
    namespace: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named {
    name: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceDetails {
    count: u64,
    event_first_seen: Option<String>,
    event_last_seen: Option<String>,
    detection: Option<Detection>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detection {
    sequence: Option<Sequence>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sequence {
    resources: Vec<SequenceResource>,
}

/// What an attack sequence went through. `uid` is an ARN or an id.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SequenceResource {
    uid: String,
    resource_type: String,
    #[serde(default)]
    data: ResourceData,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceData {
    eks_cluster: Option<Arn>,
}

async fn details(place: &Place, detector: &str, ids: &[String]) -> Result<Vec<Finding>, Gap> {
    let call = place.read("guardduty:GetFindings").once(
        || {
            let path = format!("/detector/{detector}/findings/get");
            place.signed.rest(SERVICE, path, Some(json!({"findingIds": ids})))
        },
        |it: Answer| {
            let found = it.findings.into_iter().map(finding);
            let named = |it: &Finding| !it.cluster_arns.is_empty() || !it.instance_ids.is_empty();
            Ok(found.filter(named).collect())
        },
    );
    call.await
}

fn finding(it: Described) -> Finding {
    let Resource { eks_cluster_details, instance_details, kubernetes_details, container_details } =
        it.resource;
    let sequence = it.service.detection.and_then(|it| it.sequence).unwrap_or_default().resources;
    let of = |kind: &'static str| {
        let some = sequence.iter().filter(move |it| it.resource_type == kind);
        some.map(|it| {
            let arn = it.data.eks_cluster.as_ref().and_then(|it| it.arn.as_ref());
            arn.unwrap_or(&it.uid).clone()
        })
    };
    let clusters = eks_cluster_details.and_then(|it| it.arn).into_iter().chain(of("EKS_CLUSTER"));
    let instances = instance_details.and_then(|it| it.instance_id).into_iter();
    // An instance may be named by its ARN.
    let instances = instances.chain(of("EC2_INSTANCE")).map(|it| last(&it).to_owned());
    let workload = kubernetes_details.and_then(|it| it.kubernetes_workload_details);
    let time = |it: Option<String>| it.and_then(|it| it.parse().ok());
    Finding {
        cluster_arns: clusters.collect::<BTreeSet<_>>().into_iter().collect(),
        instance_ids: instances.collect::<BTreeSet<_>>().into_iter().collect(),
        workload: workload.and_then(words),
        container: container_details.and_then(|it| it.name).filter(|it| !it.is_empty()),
        id: it.id,
        type_: it.type_,
        severity: it.severity,
        sample: it.title.starts_with("[SAMPLE]"),
        count: it.service.count,
        event_first_seen: time(it.service.event_first_seen),
        event_last_seen: time(it.service.event_last_seen),
        updated_at: time(it.updated_at),
    }
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn words(it: Workload) -> Option<String> {
    let (kind, name) = (it.type_.unwrap_or_default(), it.name?);
    let namespace = it.namespace.map(|it| format!("{it}/")).unwrap_or_default();
    Some(format!("{kind} {namespace}{name}").trim_start().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: serde_json::Value) -> Finding {
        finding(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn what_and_where_is_kept() {
        let it = found(json!({
            "id": "f", "type": "Execution:Runtime/ReverseShell", "severity": 8, "title": "[SAMPLE] A shell",
            "updatedAt": "2026-11-22T10:05:00.123Z",
            "resource": {
                "resourceType": "EKSCluster",
                "eksClusterDetails": {"name": "shop", "arn": "arn:aws:eks:r:1:cluster/shop"},
                "instanceDetails": {"instanceId": "i-1"},
                "kubernetesDetails": {"kubernetesWorkloadDetails": {"name": "web", "type": "deployments", "namespace": "shop"}},
            },
            "service": {"count": 3, "archived": false, "eventFirstSeen": "2026-11-20T10:00:00Z"},
        }));
        assert_eq!(it.workload.as_deref(), Some("deployments shop/web"));
        assert_eq!((it.sample, it.count), (true, 3));
        assert!(it.updated_at > it.event_first_seen);
        assert_eq!(it.instance_ids, ["i-1"]);
    }

    #[test]
    fn an_attack_sequence_names_what_it_went_through() {
        let it = found(json!({
            "id": "f", "type": "AttackSequence:EKS/CompromisedCluster", "severity": 9.0,
            "resource": {"resourceType": "AttackSequence"},
            "service": {"detection": {"sequence": {"uid": "s", "resources": [
                {"uid": "u", "resourceType": "EKS_CLUSTER", "data": {"eksCluster": {"arn": "arn:aws:eks:r:1:cluster/shop"}}},
                {"uid": "arn:aws:ec2:r:1:instance/i-1", "resourceType": "EC2_INSTANCE"},
                {"uid": "k", "resourceType": "KUBERNETES_WORKLOAD"},
            ]}}},
        }));
        assert_eq!(it.cluster_arns, ["arn:aws:eks:r:1:cluster/shop"]);
        assert_eq!(it.instance_ids, ["i-1"]);
    }
}
