//! Policies are found, not searched: ten times the owners and the policies take not much more than ten times as long.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use std::{
    fs,
    time::{Duration, Instant},
};

use eksray_kube::{
    decode::Builder,
    inventory::Kube,
    netpol::{Answer, Netpols, Peer, Says},
    resource::ALL,
};
use serde_json::{Value, json};

/// One namespace with owners that differ by one label, and policies for the first of them.
fn cluster(owners: usize, policies: usize) -> Kube {
    let mut builder = Builder::default();
    let mut feed = |kind: &str, objects: Vec<Value>| {
        let resource = ALL.iter().find(|it| it.kind == kind).unwrap();
        let page = json!({ "items": objects }).to_string();
        builder.page(resource, page.as_bytes()).unwrap();
    };
    let owner = |it: usize| {
        json!({
            "metadata": { "name": format!("app{it}"), "namespace": "one" },
            "spec": { "template": {
                "metadata": { "labels": { "app": format!("app{it}"), "tier": "x" } },
                "spec": { "containers": [{ "name": "c", "image": "c" }] },
            } },
        })
    };
    let policy = |it: usize| {
        let labels = |at: usize| json!({ "matchLabels": { "app": format!("app{at}") } });
        let peer = json!({ "podSelector": labels(it + 1), "namespaceSelector": {} });
        json!({
            "metadata": { "name": format!("p{it}"), "namespace": "one" },
            "spec": { "podSelector": labels(it), "ingress": [{ "from": [peer] }] },
        })
    };
    feed("Namespace", vec![json!({ "metadata": { "name": "one" } })]);
    feed("Deployment", (0..owners).map(owner).collect());
    feed("NetworkPolicy", (0..policies).map(policy).collect());
    builder.finish()
}

/// Time on the processor: other work of the machine must not matter. Only Linux tells; elsewhere time passes for all.
fn clock(start: Instant) -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|it| it.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Looks at every owner and at every peer, a few times.
fn time(owners: usize, policies: usize) -> Duration {
    let kube = cluster(owners, policies);
    let start = Instant::now();
    let before = clock(start);
    for _ in 0..5 {
        let netpols = Netpols::resolve(&kube);
        let selected = kube.workloads.iter().filter(|it| !netpols.of(it).is_empty()).count();
        assert_eq!(selected, policies);
        for policy in netpols.policies() {
            let Says::Rules(rules) = &policy.ingress else { panic!("{policy:?}") };
            for peer in rules.iter().flat_map(|it| &it.peers) {
                let Peer::Pods(pods) = peer else { panic!("{peer:?}") };
                assert_eq!(netpols.any(pods), Answer::Yes);
            }
        }
    }
    clock(start) - before
}

#[test]
fn time_grows_with_the_cluster_and_not_with_its_square() {
    let (few, many) = (time(500, 100), time(5000, 1000));
    // Every owner against every policy would be a hundred times as much.
    assert!(many < few * 40, "{few:?}, then {many:?}");
}
