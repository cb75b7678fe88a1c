//! How judging grows with a cluster: `cargo run --release -p eksray-kube --example owners`.
//!
//! Makes clusters of more and more owners, bindings and policies, judges each, and prints nanoseconds per owner.
//! A number that grows from line to line means that some rule looks at the whole cluster for each subject.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Instant;

use eksray_kube::{decode::Builder, inspect, inventory::Kube, resource::ALL};
use eksray_rule::{ClusterId, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Owners of a namespace.
const OWNERS: usize = 50;

fn main() {
    let settings = Settings::default();
    let cluster = ClusterId("kube:example".to_owned());
    for owners in [1_250, 2_500, 5_000, 10_000] {
        let started = Instant::now();
        let kube = kube(owners);
        let read = started.elapsed();
        let started = Instant::now();
        let outcomes = inspect(&cluster, &kube, Timestamp::UNIX_EPOCH, |_| &settings);
        let judged = started.elapsed();
        let each = judged.as_nanos() / owners as u128;
        let (bindings, policies, outcomes) = (bindings(owners), policies(owners), outcomes.len());
        println!(
            "{owners:>6} owners, {bindings:>5} bindings, {policies:>5} policies, {outcomes:>7} outcomes: \
             made and read in {:>4} ms, judged in {:>4} ms, {each:>6} ns per owner",
            read.as_millis(),
            judged.as_millis()
        );
    }
}

fn bindings(owners: usize) -> usize {
    owners * 2 / 5
}

fn policies(owners: usize) -> usize {
    owners / 5
}

fn kube(owners: usize) -> Kube {
    let mut builder = Builder::default();
    let namespaces = owners / OWNERS;
    for resource in ALL {
        let items: Vec<Value> = match resource.plural {
            "pods" => (0..owners * 2).map(pod).collect(),
            "deployments" => (0..owners).map(deployment).collect(),
            "services" => (0..owners).map(service).collect(),
            "serviceaccounts" => (0..owners).map(named).collect(),
            "poddisruptionbudgets" => (0..owners).map(budget).collect(),
            "horizontalpodautoscalers" => (0..owners).map(autoscaler).collect(),
            "networkpolicies" => (0..policies(owners)).map(policy).collect(),
            "roles" => (0..bindings(owners)).map(role).collect(),
            "rolebindings" => (0..bindings(owners)).map(binding).collect(),
            "nodes" => (0..namespaces).map(node).collect(),
            "namespaces" => (0..namespaces).map(namespace).collect(),
            _ => Vec::new(),
        };
        let page = json!({ "items": items }).to_string();
        builder.page(resource, page.as_bytes()).expect("the list is well formed");
    }
    builder.finish()
}

fn named(it: usize) -> Value {
    let labels = json!({ "app": format!("app{it}"), "tier": "web" });
    json!({ "metadata": {
        "name": format!("app{it}"), "namespace": format!("team{}", it / OWNERS), "labels": labels,
    } })
}

fn with_spec(it: usize, spec: Value) -> Value {
    let mut object = named(it);
    object["spec"] = spec;
    object
}

fn spec(it: usize) -> Value {
    let container = |name: &str| {
        json!({
            "name": name,
            "image": format!("registry.example/app{it}:1"),
            "ports": [{ "name": "http", "containerPort": 8080 }],
            "env": [{ "name": "MODE", "value": "x" }],
            "resources": { "limits": { "memory": "1Gi" } },
            "readinessProbe": { "httpGet": { "port": "http" } },
        })
    };
    json!({ "serviceAccountName": format!("app{it}"), "containers": [container("main"), container("proxy")] })
}

fn deployment(it: usize) -> Value {
    let template = json!({ "metadata": named(it)["metadata"], "spec": spec(it) });
    with_spec(it, json!({ "replicas": 2, "template": template }))
}

fn pod(it: usize) -> Value {
    let owner = it / 2;
    let mut object = with_spec(owner, spec(owner));
    let name = format!("app{owner}-{it}");
    object["metadata"]["name"] = json!(name);
    object["metadata"]["ownerReferences"] = json!([
        { "apiVersion": "apps/v1", "kind": "Deployment", "name": format!("app{owner}"), "controller": true },
    ]);
    object["spec"]["nodeName"] = json!(format!("node{}", it % 20));
    let ip = format!("10.{}.{}.{}", it >> 16, (it >> 8) & 255, it & 255);
    object["status"] = json!({ "phase": "Running", "podIP": ip });
    object
}

fn service(it: usize) -> Value {
    let port = json!({ "port": 80, "targetPort": "http", "nodePort": 30_000 + it % 2_000 });
    let selector = json!({ "app": format!("app{it}") });
    with_spec(it, json!({ "type": "NodePort", "selector": selector, "ports": [port] }))
}

fn budget(it: usize) -> Value {
    let selector = json!({ "matchLabels": { "app": format!("app{it}") } });
    with_spec(it, json!({ "selector": selector, "minAvailable": 1 }))
}

fn autoscaler(it: usize) -> Value {
    let target = json!({ "kind": "Deployment", "name": format!("app{it}") });
    with_spec(it, json!({ "scaleTargetRef": target, "minReplicas": 2 }))
}

fn policy(it: usize) -> Value {
    let pods = json!({ "matchLabels": { "app": format!("app{it}") } });
    let peers = json!([{ "podSelector": { "matchLabels": { "tier": "web" } } }, { "ipBlock": { "cidr": "10.0.0.0/8" } }]);
    with_spec(
        it,
        json!({ "podSelector": pods, "ingress": [{ "from": peers, "ports": [{ "port": 8080 }] }] }),
    )
}

fn role(it: usize) -> Value {
    let mut object = named(it);
    object["rules"] = json!([
        { "verbs": ["get", "list"], "apiGroups": ["", "apps"], "resources": ["pods", "deployments"] },
        { "verbs": ["create"], "apiGroups": ["x.io"], "resources": ["things"] },
    ]);
    object
}

fn binding(it: usize) -> Value {
    let mut object = named(it);
    object["roleRef"] = json!({ "kind": "Role", "name": format!("app{it}") });
    object["subjects"] = json!([
        { "kind": "ServiceAccount", "name": format!("app{it}"), "namespace": format!("team{}", it / OWNERS) },
    ]);
    object
}

fn node(it: usize) -> Value {
    json!({
        "metadata": { "name": format!("node{it}"), "labels": { "topology.kubernetes.io/zone": "eu-west-1a" } },
        "status": { "nodeInfo": { "kubeletVersion": "v1.35.0", "operatingSystem": "linux" } },
    })
}

fn namespace(it: usize) -> Value {
    json!({ "metadata": { "name": format!("team{it}") } })
}
