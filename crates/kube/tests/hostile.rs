//! Objects that the API server accepts and nobody expects, and answers that no API server should send: a clear
//! outcome, never a panic and never a wrong pass.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use std::collections::BTreeMap;

use eksray_kube::{
    decode::Builder,
    inspect,
    inventory::Kube,
    resource::{ALL, Resource},
};
use eksray_rule::{ClusterId, Judgement, Outcome, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};

#[path = "hostile/anything.rs"]
mod anything;
#[path = "hostile/arbitrary.rs"]
mod arbitrary;
#[path = "hostile/fields.rs"]
mod fields;

fn resource(plural: &str) -> &'static Resource {
    ALL.iter().find(|it| it.plural == plural).unwrap()
}

/// One object of each resource, by its plural.
fn objects(text: &str) -> BTreeMap<String, Value> {
    serde_saphyr::from_str(text).unwrap()
}

/// Feeds lists as the collector does; any other list is empty.
fn read(lists: &[(&str, Vec<Value>)]) -> Kube {
    let mut builder = Builder::default();
    for it in ALL {
        builder.page(it, br#"{"items":[]}"#).unwrap();
    }
    for (plural, items) in lists {
        let page = json!({ "items": items }).to_string();
        builder.page(resource(plural), page.as_bytes()).unwrap();
    }
    builder.finish()
}

fn judged(kube: &Kube) -> Vec<Outcome> {
    let settings = Settings::default();
    inspect(&ClusterId("kube:x".to_owned()), kube, Timestamp::UNIX_EPOCH, |_| &settings)
}

/// Whether a rule fails for some subject.
fn fails(kube: &Kube, rule: &str) -> bool {
    let of_rule = judged(kube).into_iter().filter(|it| it.rule.id == rule);
    of_rule.into_iter().any(|it| matches!(it.verdict, Ok(Judgement::Fail { .. })))
}

fn deployment(name: &str, pod: &Value) -> Value {
    json!({
        "metadata": { "name": name, "namespace": "shop" },
        "spec": { "template": { "metadata": { "labels": { "app": name } }, "spec": pod } },
    })
}

#[test]
fn the_last_of_five_hundred_containers_counts() {
    let mut containers: Vec<Value> =
        (0..500).map(|it| json!({ "name": format!("c{it}"), "image": "c" })).collect();
    containers[499]["securityContext"] = json!({ "privileged": true });
    let pod = json!({ "containers": containers });
    let kube = read(&[("deployments", vec![deployment("web", &pod)])]);
    assert!(fails(&kube, "container-privileged"));
}

#[test]
fn an_annotation_of_a_megabyte_leaves_nothing() {
    let note = "hunter2 ".repeat(1 << 17);
    let mut web = deployment("web", &json!({ "containers": [{ "name": "c", "image": "c" }] }));
    web["metadata"]["annotations"] = json!({ "example.com/note": note });
    let kube = read(&[("deployments", vec![web])]);
    let text = serde_json::to_string(&kube).unwrap();
    assert!(text.len() < 10_000 && !text.contains("hunter2"), "{}", text.len());
    assert!(!judged(&kube).is_empty());
}

#[test]
fn names_that_the_api_server_refuses_are_still_only_names() {
    for name in ["日本語", "e\u{301}", "a\u{202e}b", "🦀", "\u{0}", "a/b", "\"", "--"] {
        let mut web = deployment(name, &json!({ "containers": [{ "name": name, "image": name }] }));
        web["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
        web["metadata"]["labels"] = json!({ name: name });
        let service = json!({
            "metadata": { "name": name, "namespace": "shop" },
            "spec": { "type": "NodePort", "selector": { name: name }, "ports": [{ "port": 80, "nodePort": 30000 }] },
        });
        let namespace = json!({ "metadata": { "name": "shop", "labels": { name: name } } });
        let kube = read(&[
            ("deployments", vec![web]),
            ("services", vec![service]),
            ("namespaces", vec![namespace]),
        ]);
        assert_eq!(kube.workloads[0].name, name);
        assert!(fails(&kube, "pod-host-network"), "{name}");
    }
}

#[test]
fn the_last_of_ten_thousand_rules_counts() {
    let mut rules: Vec<Value> = (0..10_000)
        .map(|it| json!({ "verbs": ["get"], "apiGroups": [format!("g{it}.io")], "resources": ["x"] }))
        .collect();
    rules.push(json!({ "verbs": ["*"], "apiGroups": [""], "resources": ["secrets"] }));
    let role = json!({ "metadata": { "name": "r" }, "rules": rules });
    let binding = json!({
        "metadata": { "name": "b" },
        "roleRef": { "kind": "ClusterRole", "name": "r" },
        "subjects": [{ "kind": "User", "name": "u" }],
    });
    let kube = read(&[("clusterroles", vec![role]), ("clusterrolebindings", vec![binding])]);
    assert!(fails(&kube, "rbac-accesses-secrets"));
}

#[test]
fn owners_in_a_circle_are_one_workload_of_their_own() {
    let owned = |name: &str, by: &str| {
        let mut it = deployment(
            name,
            &json!({ "hostPID": true, "containers": [{ "name": "c", "image": "c" }] }),
        );
        it["metadata"]["ownerReferences"] = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": by, "controller": true }]);
        it
    };
    let long: Vec<Value> = (0..2000)
        .map(|it| owned(&format!("r{it:04}"), &format!("r{:04}", (it + 1) % 2000)))
        .collect();
    let kube = read(&[("replicasets", long)]);
    let names: Vec<&str> = kube.workloads.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["r0000"]);
    assert!(fails(&kube, "pod-host-pid"));
}

#[test]
fn selectors_that_match_nothing_protect_nothing() {
    let nobody = json!({ "matchExpressions": [
        { "key": "app", "operator": "Exists" },
        { "key": "app", "operator": "DoesNotExist" },
    ] });
    let policy = json!({
        "metadata": { "name": "p", "namespace": "shop" },
        "spec": { "podSelector": nobody, "policyTypes": ["Ingress", "Egress"] },
    });
    let budget = json!({ "metadata": { "name": "b", "namespace": "shop" }, "spec": { "selector": nobody, "minAvailable": 1 } });
    let mut web = deployment("web", &json!({ "containers": [{ "name": "c", "image": "c" }] }));
    web["spec"]["replicas"] = json!(3);
    let kube = read(&[
        ("namespaces", vec![json!({ "metadata": { "name": "shop" } })]),
        ("deployments", vec![web]),
        ("networkpolicies", vec![policy]),
        ("poddisruptionbudgets", vec![budget]),
    ]);
    for rule in ["netpol-ingress-open", "netpol-egress-open", "workload-pdb-missing"] {
        let passes = judged(&kube).into_iter().any(|it| {
            it.rule.id == rule
                && it.subject.to_string().contains("Deployment")
                && matches!(it.verdict, Ok(Judgement::Pass { .. }))
        });
        assert!(!passes, "{rule}");
    }
}

#[test]
fn quantities_of_any_size_are_amounts() {
    for amount in [json!("1e30"), json!("9E400"), json!("-1"), json!(1e300), json!("½")] {
        let resources = json!({ "limits": { "memory": amount }, "requests": { "cpu": amount, "memory": amount } });
        let container = json!({ "name": "c", "image": "c", "resources": resources });
        let kube = read(&[(
            "deployments",
            vec![deployment("web", &json!({ "containers": [container] }))],
        )]);
        assert!(!judged(&kube).is_empty(), "{amount}");
    }
}

#[test]
fn what_is_kept_grows_with_owners_and_a_pod_adds_its_node_and_its_address() {
    let size = |pods: usize| {
        let mut all = Vec::new();
        for owner in 0..200 {
            for pod in 0..pods {
                all.push(json!({
                    "metadata": {
                        "name": format!("app{owner}-{pod}"),
                        "namespace": "shop",
                        "labels": { "app": format!("app{owner}"), "number": pod.to_string() },
                        "annotations": { "example.com/note": "x".repeat(500) },
                        "ownerReferences": [
                            { "apiVersion": "apps/v1", "kind": "DaemonSet", "name": format!("app{owner}"), "controller": true },
                        ],
                    },
                    "spec": { "nodeName": format!("ip-10-0-{pod}"), "containers": [{
                        "name": "c",
                        "image": "c",
                        "env": [{ "name": "POD", "value": pod.to_string() }],
                        "args": ["x".repeat(500)],
                    }] },
                    "status": { "phase": "Running", "podIP": format!("10.0.{owner}.{pod}") },
                }));
            }
        }
        let mut builder = Builder::default();
        for page in all.chunks(500) {
            let page = json!({ "items": page }).to_string();
            builder.page(resource("pods"), page.as_bytes()).unwrap();
        }
        let mut kube = builder.finish();
        assert_eq!(kube.workloads.len(), 200);
        let whole = serde_json::to_string(&kube).unwrap().len();
        for it in &mut kube.workloads {
            it.pods.nodes.clear();
            it.pods.ips.clear();
            // Labels that all pods share: of one pod, all.
            it.pods.labels.clear();
            it.pod_labels.clear();
            it.metadata.labels.clear();
        }
        (whole, serde_json::to_string(&kube).unwrap().len())
    };
    let ((one, one_rest), (many, many_rest)) = (size(1), size(50));
    assert!(many - one < 200 * 49 * 48, "{} bytes for each pod", (many - one) / (200 * 49));
    // Three counts of two digits.
    assert!(many_rest <= one_rest + 200 * 3, "{one_rest} against {many_rest}");
}
