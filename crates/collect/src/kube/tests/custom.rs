//! Kinds that add-ons define.

use eksray_kube::decode::CUSTOM_LISTS;
use serde_json::{Value, json};

use super::{DEFINITIONS, fake::Reply, gaps, names, scan_with};

fn definition(group: &str, plural: &str, kind: &str, version: &str) -> Value {
    json!({
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "names": { "plural": plural, "kind": kind },
            "versions": [
                { "name": "v1alpha1", "served": false },
                { "name": version, "served": true },
            ],
        },
    })
}

#[tokio::test]
async fn kinds_of_add_ons_are_listed_where_they_are_defined() {
    let definitions = [
        definition("karpenter.sh", "nodepools", "NodePool", "v1"),
        definition("external-secrets.io", "secretstores", "SecretStore", "v1beta1"),
        definition("external-secrets.io", "externalsecrets", "ExternalSecret", "v1beta1"),
        definition("example.com", "secrets", "Secret", "v1"),
    ];
    let (kube, fake) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::page("CustomResourceDefinition", &definitions, "")),
        "/apis/karpenter.sh/v1/nodepools" => {
            let pool = json!({ "metadata": { "name": "general" }, "spec": { "weight": 1 } });
            Some(Reply::page("NodePool", &[pool], ""))
        }
        "/apis/external-secrets.io/v1beta1/secretstores" => {
            let store = json!({ "metadata": { "name": "store" } });
            Some(Reply::page("PartialObjectMetadata", &[store], ""))
        }
        "/apis/external-secrets.io/v1beta1/externalsecrets" => {
            Some(Reply::page("ExternalSecret", &[], ""))
        }
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), [""; 0]);
    let pools = kube.karpenter.known().unwrap();
    assert_eq!(names(pools, |it| &it.metadata), ["general"]);
    assert_eq!(
        (pools[0].api_version.as_str(), pools[0].kind.as_str()),
        ("karpenter.sh/v1", "NodePool")
    );
    assert_eq!(names(kube.external_secrets.known().unwrap(), |it| &it.metadata), ["store"]);
    assert!(kube.policy_objects.known().unwrap().is_empty());
    for request in fake.log() {
        let whole = request.header("accept") == Some("application/json");
        let reduced = request.base().ends_with("/secretstores");
        assert_eq!(whole, !reduced, "{}", request.path);
        assert!(!request.path.contains("example.com"));
    }
}

#[tokio::test]
async fn one_unread_kind_of_an_add_on_makes_its_list_a_gap() {
    let definitions = [
        definition("karpenter.sh", "nodepools", "NodePool", "v1"),
        definition("karpenter.k8s.aws", "ec2nodeclasses", "EC2NodeClass", "v1"),
    ];
    let (kube, _) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::page("CustomResourceDefinition", &definitions, "")),
        "/apis/karpenter.sh/v1/nodepools" => Some(Reply::page("NodePool", &[], "")),
        "/apis/karpenter.k8s.aws/v1/ec2nodeclasses" => Some(Reply::status(403)),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list ec2nodeclasses.karpenter.k8s.aws: denied"]);
}

#[tokio::test]
async fn discovery_tells_of_kinds_whose_definitions_are_denied() {
    let kinds = json!([
        { "name": "clusterpolicies", "kind": "ClusterPolicy" },
        { "name": "clusterpolicies/status", "kind": "ClusterPolicy" },
        { "name": "updaterequests", "kind": "UpdateRequest" },
    ]);
    let (kube, fake) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::status(403)),
        "/apis" => {
            Some(Reply::groups(&[("kyverno.io", "v1"), ("kyverno.io", "v2"), ("apps", "v1")]))
        }
        "/apis/kyverno.io/v1" => Some(Reply::resources(&kinds)),
        "/apis/kyverno.io/v2" => Some(Reply::resources(&json!([]))),
        "/apis/kyverno.io/v1/clusterpolicies" => {
            let policy = json!({ "metadata": { "name": "no-root" } });
            Some(Reply::page("ClusterPolicy", &[policy], ""))
        }
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list customresourcedefinitions.apiextensions.k8s.io: denied"]);
    assert_eq!(names(kube.policy_objects.known().unwrap(), |it| &it.metadata), ["no-root"]);
    assert!(kube.karpenter.known().unwrap().is_empty());
    assert_eq!(fake.count("/apis/kyverno.io/v1/updaterequests"), 0);
}

#[tokio::test]
async fn without_definitions_and_discovery_every_custom_list_is_a_gap() {
    let (kube, _) = scan_with(|it| match it.base() {
        DEFINITIONS | "/apis" => Some(Reply::status(403)),
        _ => None,
    })
    .await;
    let own = "list customresourcedefinitions.apiextensions.k8s.io: denied";
    assert_eq!(gaps(&kube), vec![own; 1 + CUSTOM_LISTS.len()]);
}
