//! A cluster as a server shows it, and what is made of it.

mod custom;
mod fake;
mod list;
mod login;

use std::time::Duration;

use eksray_kube::{
    inventory::{Kube, meta::ObjectMeta},
    resource::ALL,
};
use eksray_rule::{ClusterId, Gap};
use serde_json::{Value, json};

use super::{CONNECT, endpoint, read, request::Server};
use crate::Run;
use fake::{Fake, Reply, Request};

const PODS: &str = "/api/v1/pods";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async fn scan(fake: &Fake, run: &Run) -> Result<Kube, Gap> {
    let client = endpoint(&fake.access()).await.unwrap();
    let mut server = Server::new(client, run.clone());
    server.pace.backoff = Duration::from_millis(1);
    server.pace.answer = Duration::from_millis(500);
    read(&server, &ClusterId("c".to_owned())).await
}

/// Scans a server that is empty but for what `special` answers.
async fn scan_with(
    special: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> (Kube, Fake) {
    let fake = Fake::start(special);
    let kube = scan(&fake, &Run::default()).await.unwrap();
    (kube, fake)
}

fn pods(names: &[&str]) -> Vec<Value> {
    let pod = |name: &&str| {
        json!({
            "metadata": { "name": name, "namespace": "shop" },
            "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
            "status": { "phase": "Running" },
        })
    };
    names.iter().map(pod).collect()
}

fn names<T>(list: &[T], meta: impl Fn(&T) -> &ObjectMeta) -> Vec<&str> {
    list.iter().map(|it| meta(it).name.as_str()).collect()
}

fn workloads(kube: &Kube) -> Vec<(&str, u32)> {
    kube.workloads.iter().map(|it| (it.name.as_str(), it.pods.count)).collect()
}

/// Every gap of an inventory, as `call: reason`.
fn gaps(kube: &Kube) -> Vec<String> {
    fn find(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => match (fields.get("call"), fields.get("reason")) {
                (Some(Value::String(call)), Some(Value::String(reason))) => {
                    found.push(format!("{call}: {reason}"));
                }
                _ => fields.values().for_each(|it| find(it, found)),
            },
            Value::Array(items) => items.iter().for_each(|it| find(it, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let mut kube = serde_json::to_value(kube).unwrap();
    // Nobody asked for these.
    kube.as_object_mut().unwrap().remove("configMaps");
    find(&kube, &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn an_empty_cluster_is_known_to_be_empty() {
    let (kube, fake) = scan_with(|_| None).await;
    assert_eq!(gaps(&kube), [""; 0]);
    assert_eq!(kube.uid, "uid-of-kube-system");
    assert_eq!(kube.version.known().unwrap().minor(), Some(33));
    assert_eq!(kube.aws_auth.known().unwrap(), &None);
    assert!(kube.workloads.is_empty());
    assert_eq!(kube.vpc_cni.known().unwrap(), &None);
    // Every list, `/version`, the namespace and two ConfigMaps, each once.
    assert_eq!(fake.log().len(), ALL.len() + 4);
    for request in fake.log() {
        assert_eq!(request.method, "GET");
        assert!(!request.path.contains("secrets") && !request.path.contains("resourceVersion"));
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("eksray/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        assert!(request.header("authorization").unwrap().starts_with("Bearer k8s-aws-v1."));
    }
    let lists: Vec<_> = fake.log().into_iter().filter(|it| it.path.contains("limit=500")).collect();
    assert_eq!(lists.len(), ALL.len());
    assert!(fake.most_lists_at_once() <= 3);
}

#[tokio::test]
async fn config_maps_are_read_when_asked_for() {
    let path = "/api/v1/configmaps";
    let map = json!({ "metadata": { "name": "db" }, "data": { "password": "hunter2" } });
    let fake = Fake::start(move |it| {
        (it.base() == path).then(|| Reply::page("ConfigMap", std::slice::from_ref(&map), ""))
    });
    let kube = scan(&fake, &Run::default()).await.unwrap();
    assert!(kube.config_maps.known().is_err() && fake.count(path) == 0);
    let kube = scan(&fake, &Run { config_maps: true, ..Run::default() }).await.unwrap();
    assert_eq!(kube.config_maps.known().unwrap()[0].credentials[0].place, "password");
    assert!(!serde_json::to_string(&kube).unwrap().contains("hunter2"));
}

#[tokio::test]
async fn aws_auth_is_read_by_name() {
    let path = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
    let map = json!({ "kind": "ConfigMap", "data": { "mapRoles": "- rolearn: arn:r\n" } });
    let (kube, _) = scan_with(move |it| (it.base() == path).then(|| Reply::json(&map))).await;
    assert_eq!(kube.aws_auth.known().unwrap().as_ref().unwrap().rows[0].arn, "arn:r");
    for reply in [Reply::status(404), Reply::ok("{}"), Reply::ok("no")] {
        let (kube, _) = scan_with(move |it| (it.base() == path).then(|| reply.clone())).await;
        assert_eq!(gaps(&kube), ["get configmaps/aws-auth: malformed"]);
    }
}

#[tokio::test]
async fn the_switch_of_the_network_policy_controller_is_read_by_name() {
    let path = "/api/v1/namespaces/kube-system/configmaps/amazon-vpc-cni";
    let data = json!({ "enable-network-policy-controller": "true", "note": "hunter2" });
    let map = json!({ "kind": "ConfigMap", "data": data });
    let (kube, _) = scan_with(move |it| (it.base() == path).then(|| Reply::json(&map))).await;
    assert!(kube.vpc_cni.known().unwrap().as_ref().unwrap().enable_network_policy_controller);
    assert!(!serde_json::to_string(&kube).unwrap().contains("hunter2"));
    let (kube, _) = scan_with(move |it| (it.base() == path).then(|| Reply::status(403))).await;
    assert_eq!(gaps(&kube), ["get configmaps/amazon-vpc-cni: denied"]);
}
