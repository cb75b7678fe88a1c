//! How judging network policies grows with a cluster: `cargo run --release -p eksray-kube --example netpol`.
//!
//! A number that grows from line to line means that policies are searched instead of found.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example")]

use std::time::Instant;

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

/// Looks at every owner and at every peer.
fn judge(kube: &Kube) {
    let netpols = Netpols::resolve(kube);
    let selected = kube.workloads.iter().filter(|it| !netpols.of(it).is_empty()).count();
    assert_eq!(selected, netpols.policies().len());
    for policy in netpols.policies() {
        let Says::Rules(rules) = &policy.ingress else { panic!("{policy:?}") };
        for peer in rules.iter().flat_map(|it| &it.peers) {
            let Peer::Pods(pods) = peer else { panic!("{peer:?}") };
            assert_eq!(netpols.any(pods), Answer::Yes);
        }
    }
}

fn main() {
    for owners in [625, 1250, 2500, 5000] {
        let kube = cluster(owners, owners / 5);
        let start = Instant::now();
        judge(&kube);
        let each = start.elapsed().as_nanos() / owners as u128;
        println!("{owners} owners, {} policies: {each} ns per owner", owners / 5);
    }
}
