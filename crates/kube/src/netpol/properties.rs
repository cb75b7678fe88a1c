//! What holds of every cluster. Proptest shrinks what the engine and the oracle disagree on.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{
    Answer, Direction, Endpoint, Netpols, Port,
    oracle::{self, Cluster, End, NAMESPACES, cluster, rules},
};
use crate::inventory::Kube;

const ADDRESSES: [&str; 4] = ["10.0.0.7", "10.9.0.1", "8.8.8.8", "2001:db8::1"];
const PORTS: [(&str, u16); 5] =
    [("TCP", 80), ("TCP", 81), ("UDP", 80), ("SCTP", 4000), ("TCP", 8080)];

/// Whom and what a case asks: every pair of pods, and one address, on one port.
type Question = (&'static str, (&'static str, u16));

fn question() -> impl Strategy<Value = Question> {
    (proptest::sample::select(&ADDRESSES[..]), proptest::sample::select(&PORTS[..]))
}

/// What the engine says of these connections, and what the oracle does.
fn answers(
    cluster: &Cluster,
    kube: &Kube,
    (address, asked): Question,
) -> BTreeMap<String, (Answer, Answer)> {
    let netpols = Netpols::resolve(kube);
    let pods = cluster.pods.iter().enumerate().map(|(at, it)| {
        let text = |it: &serde_json::Value| it.as_str().unwrap().to_owned();
        let (namespace, name) = (text(&it["metadata"]["namespace"]), text(&it["metadata"]["name"]));
        let workload = kube.workload("Deployment", &namespace, &name).unwrap();
        (format!("pod{at}"), Endpoint::Pod(workload), End::Pod(it))
    });
    let outside = Endpoint::Address(address.parse().unwrap());
    let ends = pods.chain([(address.to_owned(), outside, End::Address(address))]);
    let ends: Vec<_> = ends.collect();
    let port = Port { protocol: asked.0, number: asked.1 };
    let mut all = BTreeMap::new();
    for (name, from, raw_from) in &ends {
        for (other, to, raw_to) in &ends {
            let said = netpols.reaches(*from, *to, port);
            let expected = oracle::reaches(cluster, *raw_from, *raw_to, asked);
            all.insert(format!("{name} to {other}"), (said, expected));
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_engine_says_what_the_documentation_says(cluster in cluster(), asked in question()) {
        let kube = cluster.read();
        for (connection, (said, expected)) in answers(&cluster, &kube, asked) {
            prop_assert_eq!(said, expected, "{}", connection);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// A policy of the API that is taken away closes nothing, but for the pods that it isolated alone.
    #[test]
    fn a_rule_more_closes_nothing(cluster in cluster(), rule in rules("from"), asked in question()) {
        let before = cluster.read();
        let mut wider = cluster.clone();
        for policy in &mut wider.policies {
            let rules = policy["spec"]["ingress"].as_array_mut().unwrap();
            rules.extend(rule.as_array().unwrap().iter().cloned());
        }
        let after = wider.read();
        let after = answers(&wider, &after, asked);
        for (connection, (said, _)) in answers(&cluster, &before, asked) {
            prop_assert!(said <= after[&connection].0, "{}", connection);
        }
    }

    /// A policy that isolates and admits nobody opens nothing.
    #[test]
    fn a_default_deny_opens_nothing(cluster in cluster(), namespace in 0..3_usize, asked in question()) {
        let before = cluster.read();
        let mut narrower = cluster.clone();
        narrower.policies.push(json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": { "namespace": NAMESPACES[namespace], "name": "default-deny" },
            "spec": { "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [] },
        }));
        // A baseline may refuse what no NetworkPolicy is asked about.
        let baseline = cluster.admin.iter().any(|it| it["kind"] == "BaselineAdminNetworkPolicy");
        prop_assume!(!baseline);
        let after = narrower.read();
        let after = answers(&narrower, &after, asked);
        for (connection, (said, _)) in answers(&cluster, &before, asked) {
            prop_assert!(after[&connection].0 <= said, "{}", connection);
        }
    }

    /// What is said of ports as a whole is what is said of each.
    #[test]
    fn openings_are_what_is_reached(cluster in cluster()) {
        let kube = cluster.read();
        let netpols = Netpols::resolve(&kube);
        for workload in kube.workloads.iter().filter(|it| !it.template.host_network) {
            let end = Endpoint::Address("8.8.8.8".parse().unwrap());
            let (openings, unsure) = netpols.openings(workload, Direction::Ingress, end);
            for (protocol, number) in PORTS {
                let port = Port { protocol, number };
                let open = openings.iter().flat_map(|it| &it.ports).any(|(same, first, last)| {
                    *same == protocol && (*first..=*last).contains(&number)
                });
                let said = netpols.reaches(end, Endpoint::Pod(workload), port);
                prop_assert_eq!(open, said == Answer::Yes);
                prop_assert!(unsure || said != Answer::Maybe);
            }
        }
    }
}
