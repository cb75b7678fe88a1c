//! What runs pods, at its edges: missing owners, odd objects, large ones.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use std::collections::BTreeSet;

use eksray_kube::{
    decode::{Builder, from_manifests},
    inspect,
    inventory::{Kube, workload::Workload},
    netpol::{Answer, selects},
    resource::ALL,
};
use eksray_rule::{ClusterId, Judgement, Settings};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Feeds one page for each object.
fn read(objects: &[(&str, Value)]) -> Kube {
    let mut builder = Builder::default();
    for (kind, object) in objects {
        let resource = ALL.iter().find(|it| it.kind == *kind).unwrap();
        let page = json!({ "items": [object] }).to_string();
        builder.page(resource, page.as_bytes()).unwrap();
    }
    builder.finish()
}

fn names(kube: &Kube) -> Vec<String> {
    kube.workloads.iter().map(|it| format!("{}/{}", it.kind, it.name)).collect()
}

fn only(kube: &Kube) -> &Workload {
    let [it] = kube.workloads.as_slice() else { panic!("{:?}", names(kube)) };
    it
}

fn owned(name: &str, labels: &Value, (api_version, kind, owner): (&str, &str, &str)) -> Value {
    json!({
        "metadata": {
            "name": name,
            "namespace": "shop",
            "labels": labels,
            "ownerReferences": [
                { "apiVersion": api_version, "kind": kind, "name": owner, "controller": true },
            ],
        },
        "spec": { "containers": [{ "name": "main", "image": "main" }] },
        "status": { "phase": "Running" },
    })
}

#[test]
fn every_built_in_kind_is_its_own_workload() {
    let template = json!({ "spec": { "containers": [{ "name": "main", "image": "main" }] } });
    for it in ALL.iter().filter(|it| it.permission().contains("list ")) {
        let spec = match it.kind {
            "Deployment"
            | "ReplicaSet"
            | "StatefulSet"
            | "DaemonSet"
            | "Job"
            | "ReplicationController" => json!({ "template": template }),
            "CronJob" => json!({ "jobTemplate": { "spec": { "template": template } } }),
            "Pod" => template["spec"].clone(),
            _ => continue,
        };
        let kube = read(&[(it.kind, json!({ "metadata": { "name": "x" }, "spec": spec }))]);
        let workload = only(&kube);
        assert_eq!((workload.kind.as_str(), workload.group.as_str()), (it.kind, it.group));
        assert_eq!(workload.template.containers[0].image, "main", "{}", it.kind);
        assert!(!workload.stand_in);
    }
}

#[test]
fn an_owner_that_does_not_exist_still_names_the_workload() {
    for owner in [
        ("apps/v1", "StatefulSet", "gone"),
        ("batch/v1", "Job", "gone"),
        ("v1", "ReplicationController", "gone"),
        ("serving.knative.dev/v1", "Revision", "gone"),
    ] {
        let kube = read(&[("Pod", owned("gone-1", &json!({ "app": "x" }), owner))]);
        let workload = only(&kube);
        assert_eq!((workload.kind.as_str(), workload.name.as_str()), (owner.1, "gone"));
        assert!(workload.stand_in);
        assert_eq!(workload.template.containers[0].image, "main");
    }
}

#[test]
fn an_operator_above_a_deployment_leaves_it_what_it_is() {
    let mut deployment = owned("web", &json!({}), ("serving.knative.dev/v1", "Revision", "web-1"));
    deployment["spec"] = json!({ "template": { "spec": { "containers": [] } } });
    let kube = read(&[("Deployment", deployment)]);
    assert_eq!(names(&kube), ["Deployment/web"]);
}

#[test]
fn a_reference_that_does_not_control_is_no_owner() {
    let mut pod = owned("web", &json!({}), ("v1", "ConfigMap", "x"));
    pod["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    assert_eq!(names(&read(&[("Pod", pod)])), ["Pod/web"]);
}

#[test]
fn nulls_and_absent_fields_are_read_alike() {
    let metadata =
        json!({ "name": "x", "labels": null, "annotations": null, "ownerReferences": null });
    let pod = json!({ "containers": [] });
    let nulls = json!({ "containers": [], "initContainers": null, "affinity": null, "resources": null,
                        "topologySpreadConstraints": null, "priorityClassName": null });
    let controller = |pod: &Value| json!({ "template": { "metadata": null, "spec": pod }, "replicas": null, "strategy": null });
    let specs = |pod: &Value| {
        let job = json!({ "jobTemplate": { "spec": { "template": { "spec": pod } } } });
        [
            ("Pod", pod.clone()),
            ("Deployment", controller(pod)),
            ("CronJob", job),
            ("DaemonSet", controller(pod)),
        ]
    };
    for ((kind, bare), (_, nulls)) in specs(&pod).into_iter().zip(specs(&nulls)) {
        let bare = json!({ "metadata": { "name": "x" }, "spec": bare });
        let nulls = json!({ "metadata": metadata, "spec": nulls, "status": null });
        assert_eq!(read(&[(kind, bare.clone())]), read(&[(kind, nulls.clone())]), "{kind}");
    }
}

#[test]
fn labels_that_live_pods_share_are_seen_and_generated_ones_vary() {
    let owner = ("apps/v1", "StatefulSet", "db");
    let template =
        json!({ "metadata": { "labels": { "app": "db" } }, "spec": { "containers": [] } });
    let pod = |name: &str, zone: &str| {
        let generated = "statefulset.kubernetes.io/pod-name";
        let labels = json!({ "app": "db", "mesh": "on", "zone": zone, generated: name });
        ("Pod", owned(name, &labels, owner))
    };
    let set = json!({ "metadata": { "name": "db", "namespace": "shop" }, "spec": { "template": template } });
    let kube = read(&[pod("db-0", "a"), ("StatefulSet", set), pod("db-1", "b")]);
    let workload = only(&kube);
    assert_eq!(workload.pods.labels, [("mesh".to_owned(), "on".to_owned())].into());
    for (selector, answer) in [
        (json!({ "matchLabels": { "app": "db", "mesh": "on" } }), Answer::Yes),
        (json!({ "matchLabels": { "statefulset.kubernetes.io/pod-name": "db-0" } }), Answer::Maybe),
        (json!({ "matchLabels": { "zone": "a" } }), Answer::No),
        (json!({}), Answer::Yes),
        (json!({ "matchExpressions": [{ "key": "app", "operator": "Near" }] }), Answer::Maybe),
    ] {
        let selector = serde_json::from_value(selector).unwrap();
        assert_eq!(selects(&selector, workload), answer, "{selector:?}");
    }
}

#[test]
fn what_is_kept_does_not_grow_with_pods() {
    let size = |count: usize| {
        let mut builder = Builder::default();
        let pods = ALL.iter().find(|it| it.kind == "Pod").unwrap();
        for at in 0..count {
            let labels = json!({ "app": "web", "number": at.to_string() });
            let mut pod =
                owned(&format!("web-abc-{at}"), &labels, ("apps/v1", "ReplicaSet", "web-abc"));
            pod["spec"]["containers"][0]["resources"] =
                json!({ "limits": { "memory": format!("{at}Mi") } });
            pod["spec"]["containers"][0]["readinessProbe"] = json!({ "httpGet": { "port": at } });
            pod["metadata"]["annotations"] =
                json!({ "vpc.amazonaws.com/pod-eni": format!("[{{\"eniId\":\"eni-{at}\"}}]") });
            builder.page(pods, json!({ "items": [pod] }).to_string().as_bytes()).unwrap();
        }
        let kube = builder.finish();
        let workload = only(&kube);
        assert_eq!(workload.variants, []);
        assert_eq!(usize::try_from(workload.pods.with_eni).unwrap(), count);
        serde_json::to_string(&kube).unwrap().len()
    };
    assert!(size(2000) < size(20) + 16, "{} against {}", size(2000), size(20));
}

#[test]
fn five_hundred_containers_are_judged_in_a_few_lines() {
    let containers: Vec<Value> = (0..500)
        .map(|it| {
            json!({ "name": format!("c{it}"), "image": "c", "readinessProbe": { "tcpSocket": { "port": "x" } } })
        })
        .collect();
    let labels = json!({ "app": "x" });
    let template =
        json!({ "metadata": { "labels": labels }, "spec": { "containers": containers } });
    let kube = read(&[
        (
            "Deployment",
            json!({ "metadata": { "name": "x", "namespace": "shop" }, "spec": { "template": template } }),
        ),
        (
            "Service",
            json!({ "metadata": { "name": "x", "namespace": "shop" }, "spec": { "selector": labels } }),
        ),
    ]);
    let settings = Settings::default();
    let outcomes =
        inspect(&ClusterId("kube:x".to_owned()), &kube, Timestamp::UNIX_EPOCH, |_| &settings);
    let mut seen = BTreeSet::new();
    for it in outcomes.iter().filter(|it| it.rule.id.starts_with("workload-")) {
        if let Ok(Judgement::Fail { facts, .. }) = &it.verdict {
            assert!(facts.len() < 20, "{}: {} facts", it.rule.id, facts.len());
            assert!(facts.iter().all(|it| it.len() < 600), "{}", it.rule.id);
            seen.insert(it.rule.id);
        }
    }
    assert!(
        seen.contains("workload-probes-missing") && seen.contains("workload-resources-unbounded")
    );
}

#[test]
fn windows_and_fargate_are_told_apart() {
    let kube = from_manifests(
        "
apiVersion: apps/v1
kind: Deployment
metadata: { name: a, namespace: shop }
spec: { template: { spec: { os: { name: windows }, containers: [] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: b, namespace: shop }
spec: { template: { spec: { nodeSelector: { kubernetes.io/os: windows }, containers: [] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: c, namespace: shop }
spec: { template: { metadata: { labels: { eks.amazonaws.com/fargate-profile: x } }, spec: { containers: [] } } }
",
    )
    .unwrap();
    let is = |name: &str| {
        let it = kube.workload("Deployment", "shop", name).unwrap();
        (it.template.is_windows(), it.is_fargate())
    };
    assert_eq!((is("a"), is("b"), is("c")), ((true, false), (true, false), (false, true)));
}

#[test]
fn the_longest_unready_pod_counts_and_finished_ones_do_not() {
    let since = |name: &str, status: &str, phase: &str, time: &str| {
        let mut pod = owned(name, &json!({}), ("apps/v1", "DaemonSet", "agent"));
        pod["status"] = json!({
            "phase": phase,
            "conditions": [
                { "type": "PodScheduled", "status": "False", "lastTransitionTime": "2020-01-01T00:00:00Z" },
                { "type": "Ready", "status": status, "lastTransitionTime": time },
            ],
        });
        ("Pod", pod)
    };
    let kube = read(&[
        since("a", "True", "Running", "2026-01-01T00:00:00Z"),
        since("b", "False", "Running", "2026-01-03T00:00:00Z"),
        since("c", "False", "Running", "2026-01-02T00:00:00Z"),
        since("d", "False", "Pending", "2025-01-01T00:00:00Z"),
        since("e", "False", "Failed", "2024-01-01T00:00:00Z"),
    ]);
    let longest: Timestamp = "2026-01-02T00:00:00Z".parse().unwrap();
    assert_eq!(only(&kube).pods.unready_since, Some(longest));
}
