//! Pods fold into the same workloads in whatever order and pages they arrive.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use std::collections::BTreeSet;

use eksray_kube::{
    decode::Builder,
    inspect,
    inventory::Kube,
    resource::{ALL, Resource},
};
use eksray_rule::{ClusterId, Fetched, Gap, Reason, Settings};
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// An object as a list holds it, with the kind of its list.
type Object = (&'static str, Value);

/// What runs an application.
#[derive(Clone, Copy, Debug)]
enum Shape {
    Deployment,
    Rollout,
    Rolled,
    StatefulSet,
    DaemonSet,
    CronJob,
    GeneratedJob,
    Operator,
    Generated,
    Bare,
    Static,
}

const SHAPES: &[Shape] = &[
    Shape::Deployment,
    Shape::Rollout,
    Shape::Rolled,
    Shape::StatefulSet,
    Shape::DaemonSet,
    Shape::CronJob,
    Shape::GeneratedJob,
    Shape::Operator,
    Shape::Generated,
    Shape::Bare,
    Shape::Static,
];

#[derive(Clone, Debug)]
struct App {
    shape: Shape,
    replicas: usize,
    privileged: bool,
    sidecar: bool,
}

fn app() -> impl Strategy<Value = App> {
    let shape = proptest::sample::select(SHAPES);
    (shape, 1..5_usize, any::<bool>(), any::<bool>()).prop_map(
        |(shape, replicas, privileged, sidecar)| App { shape, replicas, privileged, sidecar },
    )
}

fn spec(app: &App) -> Value {
    json!({ "containers": [{
        "name": "main",
        "image": "main",
        "env": [{ "name": "DB_PASSWORD", "value": "hunter2" }],
        "securityContext": { "privileged": app.privileged },
    }] })
}

fn owner(api_version: &str, kind: &str, name: &str) -> Value {
    json!([{ "apiVersion": api_version, "kind": kind, "name": name, "controller": true }])
}

fn controller(name: &str, owners: &Value, app: &App) -> Value {
    json!({
        "metadata": { "name": name, "namespace": "shop", "ownerReferences": owners },
        "spec": { "replicas": app.replicas, "template": { "spec": spec(app) } },
    })
}

/// A live pod with what admission adds to every one, and to some of them.
fn pod(name: &str, owners: &Value, app: &App, number: usize) -> Object {
    let mut spec = spec(app);
    spec["nodeName"] = json!(format!("node-{number}"));
    spec["serviceAccountName"] = json!("default");
    spec["tolerations"] = json!([{ "key": "node.kubernetes.io/not-ready", "operator": "Exists" }]);
    spec["volumes"] = json!([{
        "name": format!("kube-api-access-{number}"),
        "projected": { "sources": [{ "serviceAccountToken": {} }] },
    }]);
    spec["containers"][0]["volumeMounts"] =
        json!([{ "name": format!("kube-api-access-{number}"), "mountPath": "/run/secrets" }]);
    if matches!(app.shape, Shape::StatefulSet) {
        let claim = json!({ "claimName": format!("data-{name}") });
        let volumes = spec["volumes"].as_array_mut().unwrap();
        volumes.push(json!({ "name": "data", "persistentVolumeClaim": claim }));
    }
    if app.sidecar && number % 2 == 1 {
        let containers = spec["containers"].as_array_mut().unwrap();
        containers.push(json!({ "name": "proxy", "image": "proxy" }));
    }
    let labels = json!({ "app": "x", "pod-template-hash": "abc", "number": number.to_string() });
    let metadata =
        json!({ "name": name, "namespace": "shop", "labels": labels, "ownerReferences": owners });
    let status = json!({ "phase": "Running", "podIP": format!("10.0.0.{number}") });
    ("Pod", json!({ "metadata": metadata, "spec": spec, "status": status }))
}

/// The objects of an application, and what it folds into.
fn objects(at: usize, app: &App) -> (Vec<Object>, BTreeSet<String>) {
    let name = format!("app{at}");
    let replica_set = format!("{name}-abc");
    let pods = |owners: &Value| -> Vec<Object> {
        let numbers = 0..app.replicas;
        numbers.map(|it| pod(&format!("{replica_set}-{it}"), owners, app, it)).collect()
    };
    let one = |kind: &str, name: &str| BTreeSet::from([format!("{kind}/{name}")]);
    let none = json!([]);
    match app.shape {
        Shape::Deployment => {
            let mut all = pods(&owner("apps/v1", "ReplicaSet", &replica_set));
            let deployment = owner("apps/v1", "Deployment", &name);
            let mut old = controller(&format!("{name}-old"), &deployment, app);
            old["spec"]["replicas"] = json!(0);
            old["spec"]["template"]["spec"]["hostNetwork"] = json!(true);
            all.push(("ReplicaSet", controller(&replica_set, &deployment, app)));
            all.push(("ReplicaSet", old));
            all.push(("Deployment", controller(&name, &owner("x.io/v1", "Operator", "o"), app)));
            (all, one("Deployment", &name))
        }
        Shape::Rollout => {
            let mut all = pods(&owner("apps/v1", "ReplicaSet", &replica_set));
            let rollout = owner("argoproj.io/v1alpha1", "Rollout", &name);
            all.push(("ReplicaSet", controller(&replica_set, &rollout, app)));
            (all, one("Rollout", &name))
        }
        Shape::Rolled => {
            (pods(&owner("apps/v1", "ReplicaSet", &replica_set)), one("Deployment", &name))
        }
        Shape::StatefulSet | Shape::DaemonSet => {
            let kind =
                if matches!(app.shape, Shape::DaemonSet) { "DaemonSet" } else { "StatefulSet" };
            let mut all = pods(&owner("apps/v1", kind, &name));
            all.push((kind, controller(&name, &none, app)));
            (all, one(kind, &name))
        }
        Shape::CronJob => {
            let mut all = pods(&owner("batch/v1", "Job", &replica_set));
            all.push(("Job", controller(&replica_set, &owner("batch/v1", "CronJob", &name), app)));
            let job = json!({ "spec": { "template": { "spec": spec(app) } } });
            let metadata = json!({ "name": name, "namespace": "shop" });
            all.push(("CronJob", json!({ "metadata": metadata, "spec": { "jobTemplate": job } })));
            (all, one("CronJob", &name))
        }
        Shape::GeneratedJob => {
            let all = (0..app.replicas).flat_map(|it| {
                let job_name = format!("{name}-{it}");
                let mut job = controller(&job_name, &none, app);
                job["metadata"]["generateName"] = json!(format!("{name}-"));
                let run =
                    pod(&format!("{job_name}-x"), &owner("batch/v1", "Job", &job_name), app, it);
                [("Job", job), run]
            });
            (all.collect(), one("Job", &format!("{name}-")))
        }
        Shape::Operator => (pods(&owner("x.io/v1", "Database", &name)), one("Database", &name)),
        Shape::Generated => {
            let mut all = pods(&none);
            for (_, pod) in &mut all {
                pod["metadata"]["generateName"] = json!(format!("{name}-"));
            }
            (all, one("Pod", &format!("{name}-")))
        }
        Shape::Bare => {
            let all = pods(&none);
            let names = (0..app.replicas).map(|it| format!("Pod/{replica_set}-{it}"));
            (all, names.collect())
        }
        Shape::Static => {
            let mirrors = (0..app.replicas).map(|it| {
                let on = format!("node-{it}");
                pod(&format!("{name}-{on}"), &owner("v1", "Node", &on), app, it)
            });
            (mirrors.collect(), one("Pod", &name))
        }
    }
}

fn resource(kind: &str) -> &'static Resource {
    ALL.iter().find(|it| it.kind == kind).unwrap()
}

/// Feeds objects in pages of a size; neighbours of one kind share a page.
fn read(objects: &[Object], size: usize) -> Kube {
    let mut builder = Builder::default();
    for page in objects.chunks(size) {
        for page in page.chunk_by(|(a, _), (b, _)| a == b) {
            let items: Vec<&Value> = page.iter().map(|(_, it)| it).collect();
            let bytes = json!({ "items": items }).to_string();
            builder.page(resource(page[0].0), bytes.as_bytes()).unwrap();
        }
    }
    builder.finish()
}

fn names(kube: &Kube) -> BTreeSet<String> {
    kube.workloads.iter().map(|it| format!("{}/{}", it.kind, it.name)).collect()
}

/// Every outcome but what counts pods.
fn outcomes(kube: &Kube) -> Vec<String> {
    let cluster = ClusterId("kube:x".to_owned());
    let settings = Settings::default();
    let outcomes = inspect(&cluster, kube, NOW, |_| &settings);
    outcomes.iter().map(|it| format!("{} {} {:?}", it.rule.id, it.subject, it.verdict)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn order_and_pages_make_no_difference(
        apps in proptest::collection::vec(app(), 1..6),
        seed in any::<u64>(),
        size in 1..9_usize,
    ) {
        let (mut all, mut expected) = (Vec::new(), BTreeSet::new());
        for (at, app) in apps.iter().enumerate() {
            let (objects, names) = objects(at, app);
            all.extend(objects);
            expected.extend(names);
        }
        let straight = read(&all, 500);
        prop_assert_eq!(names(&straight), expected);
        prop_assert_eq!(straight.workloads.len(), names(&straight).len());
        shuffle(&mut all, seed);
        let shuffled = read(&all, size);
        prop_assert_eq!(&shuffled, &straight);

        let text = serde_json::to_string(&straight).unwrap();
        prop_assert!(!text.contains("hunter2"));
        prop_assert_eq!(serde_json::from_str::<Kube>(&text).unwrap(), straight);
    }

    #[test]
    fn replicas_multiply_nothing(app in app(), replicas in 2..30_usize) {
        prop_assume!(!matches!(app.shape, Shape::Bare));
        let few = read(&objects(0, &App { replicas: 2, ..app.clone() }).0, 500);
        let many = read(&objects(0, &App { replicas, ..app.clone() }).0, 7);
        prop_assert_eq!(outcomes(&many), outcomes(&few));
        prop_assert_eq!(many.workloads[0].variants.len(), usize::from(app.sidecar));
    }
}

/// A fixed permutation for a seed.
fn shuffle(objects: &mut [Object], seed: u64) {
    let mut state = seed | 1;
    for at in (1..objects.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        objects.swap(at, other);
    }
}

fn denied(kind: &str) -> Kube {
    let app = App { shape: Shape::Deployment, replicas: 3, privileged: true, sidecar: false };
    let mut builder = Builder::default();
    for (of, object) in objects(0, &app).0 {
        if of != kind {
            let bytes = json!({ "items": [object] }).to_string();
            builder.page(resource(of), bytes.as_bytes()).unwrap();
        }
    }
    let call = resource(kind).permission();
    builder.gap(resource(kind), Gap { call, reason: Reason::Denied, detail: String::new() });
    builder.finish()
}

#[test]
fn a_denied_list_hides_no_proof_and_moves_no_subject() {
    for kind in ["Pod", "ReplicaSet", "Deployment"] {
        let kube = denied(kind);
        assert_eq!(names(&kube), BTreeSet::from(["Deployment/app0".to_owned()]), "{kind}");
        assert_eq!(kube.workloads[0].stand_in, kind == "Deployment");
        let text = outcomes(&kube).join("\n");
        assert!(
            text.contains("container-privileged kube:x/apps/Deployment/shop/app0 Ok(Fail"),
            "{text}"
        );
        assert!(text.contains("container-privileged kube:x Err("), "{text}");
        assert!(
            !text.contains("pod-host-network kube:x/apps/Deployment/shop/app0 Ok(Fail"),
            "{text}"
        );
    }
}

#[test]
fn owners_in_a_circle_end_in_one_workload() {
    let app = App { shape: Shape::Deployment, replicas: 1, privileged: false, sidecar: false };
    let a = controller("a", &owner("apps/v1", "ReplicaSet", "b"), &app);
    let b = controller("b", &owner("apps/v1", "ReplicaSet", "a"), &app);
    let c = controller("c", &owner("apps/v1", "ReplicaSet", "b"), &app);
    let own = controller("own", &owner("apps/v1", "ReplicaSet", "own"), &app);
    let all: Vec<Object> = [a, b, c, own].map(|it| ("ReplicaSet", it)).into();
    let expected = BTreeSet::from(["ReplicaSet/a".to_owned(), "ReplicaSet/own".to_owned()]);
    assert_eq!(names(&read(&all, 2)), expected);
}

#[test]
fn finished_pods_are_no_workloads() {
    let app = App { shape: Shape::Bare, replicas: 1, privileged: true, sidecar: false };
    for phase in ["Succeeded", "Failed"] {
        let (kind, mut pod) = pod("done", &owner("argoproj.io/v1", "Workflow", "run-1"), &app, 0);
        pod["status"]["phase"] = json!(phase);
        assert_eq!(read(&[(kind, pod)], 1).workloads, []);
    }
}

#[test]
fn live_pods_show_what_was_added_to_them() {
    let app = App { shape: Shape::StatefulSet, replicas: 1, privileged: false, sidecar: false };
    let (mut all, _) = objects(0, &app);
    let (_, pod) = &mut all[0];
    pod["spec"]["ephemeralContainers"] = json!([{ "name": "debug", "image": "busybox" }]);
    // A host path that goes by the name of the token's volume is still one.
    pod["spec"]["volumes"][0] =
        json!({ "name": "kube-api-access-0", "hostPath": { "path": "/etc" } });
    let kube = read(&all, 500);
    let [variant] = kube.workloads[0].variants.as_slice() else { panic!("{:?}", kube.workloads) };
    assert_eq!(variant.ephemeral_containers[0].name, "debug");
    assert_eq!(variant.volumes[0].host_path.as_ref().unwrap().path, "/etc");
    let text = outcomes(&kube).join("\n");
    assert!(text.contains("volume-host-path-sensitive kube:x/apps/StatefulSet/shop/app0 Ok(Fail"));
}

#[test]
fn a_pod_without_owner_keeps_its_whole_specification() {
    let app = App { shape: Shape::Bare, replicas: 1, privileged: false, sidecar: false };
    let (kind, mut pod) = pod("alone", &json!([]), &app, 0);
    pod["spec"]["containers"][0]["env"] = json!([{
        "name": "AWS_SECRET_ACCESS_KEY",
        "valueFrom": { "secretKeyRef": { "name": "aws", "key": "key" } },
    }]);
    let claim = json!({ "name": "data", "persistentVolumeClaim": { "claimName": "data" } });
    pod["spec"]["volumes"].as_array_mut().unwrap().push(claim);
    let kube = read(&[(kind, pod)], 1);
    let template = &kube.workloads[0].template;
    assert_eq!(template.volumes.len(), 1);
    assert_eq!(template.containers[0].env.len(), 1);
    assert_eq!(kube.workloads[0].variants, []);
    assert_eq!(kube.nodes, Fetched::default());
}
