//! Small random clusters, as manifests.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    decode::{Builder, CustomList},
    inventory::Kube,
    resource::ALL,
};

pub(in crate::netpol) const NAMESPACES: [&str; 3] = ["a", "b", "c"];
const KEYS: [&str; 2] = ["app", "tier"];
const VALUES: [&str; 3] = ["x", "y", "z"];

/// A cluster, as manifests.
#[derive(Clone, Debug)]
pub(in crate::netpol) struct Cluster {
    pub(in crate::netpol) namespaces: Vec<Value>,
    pub(in crate::netpol) pods: Vec<Value>,
    pub(in crate::netpol) policies: Vec<Value>,
    pub(in crate::netpol) admin: Vec<Value>,
}

fn labels() -> impl Strategy<Value = Value> {
    let pairs = proptest::collection::btree_map(
        proptest::sample::select(&KEYS[..]),
        proptest::sample::select(&VALUES[..]),
        0..3,
    );
    pairs.prop_map(|it| json!(it))
}

fn selector() -> impl Strategy<Value = Value> {
    let operators = proptest::sample::select(&["In", "NotIn", "Exists", "DoesNotExist"][..]);
    let expression = (
        proptest::sample::select(&KEYS[..]),
        operators,
        proptest::collection::vec(proptest::sample::select(&VALUES[..]), 1..3),
    );
    let expression = expression.prop_map(|(key, operator, values)| {
        let values = if operator.ends_with("In") { json!(values) } else { Value::Null };
        json!({ "key": key, "operator": operator, "values": values })
    });
    let expressions = proptest::collection::vec(expression, 0..2);
    (labels(), expressions).prop_map(
        |(labels, expressions)| json!({ "matchLabels": labels, "matchExpressions": expressions }),
    )
}

fn peer() -> impl Strategy<Value = Value> {
    let block = prop_oneof![
        Just(json!({ "cidr": "10.0.0.0/8", "except": ["10.9.0.0/16"] })),
        Just(json!({ "cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"] })),
        Just(json!({ "cidr": "2001:db8::/32" })),
    ];
    prop_oneof![
        selector().prop_map(|it| json!({ "podSelector": it })),
        selector().prop_map(|it| json!({ "namespaceSelector": it })),
        (selector(), selector())
            .prop_map(|(a, b)| json!({ "podSelector": a, "namespaceSelector": b })),
        block.prop_map(|it| json!({ "ipBlock": it })),
    ]
}

fn ports() -> impl Strategy<Value = Value> {
    let port = prop_oneof![
        Just(json!({ "port": 80 })),
        Just(json!({ "protocol": "UDP", "port": 80 })),
        Just(json!({ "port": 79, "endPort": 90, "protocol": "TCP" })),
        Just(json!({ "protocol": "SCTP" })),
        Just(json!({ "port": "web" })),
    ];
    proptest::collection::vec(port, 0..3).prop_map(|it| json!(it))
}

/// Rules of a NetworkPolicy.
pub(in crate::netpol) fn rules(peers: &'static str) -> impl Strategy<Value = Value> {
    let rule = (proptest::collection::vec(peer(), 0..3), ports())
        .prop_map(move |(to, ports)| json!({ peers: to, "ports": ports }));
    proptest::collection::vec(rule, 0..3).prop_map(|it| json!(it))
}

fn policy() -> impl Strategy<Value = Value> {
    let types = prop_oneof![
        Just(json!(["Ingress"])),
        Just(json!(["Egress"])),
        Just(json!(["Ingress", "Egress"])),
        Just(json!(null)),
    ];
    let namespace = proptest::sample::select(&NAMESPACES[..]);
    (namespace, selector(), types, rules("from"), rules("to")).prop_map(
        |(namespace, selector, types, ingress, egress)| {
            json!({
                "apiVersion": "networking.k8s.io/v1",
                "kind": "NetworkPolicy",
                "metadata": { "namespace": namespace },
                "spec": {
                    "podSelector": selector, "policyTypes": types, "ingress": ingress, "egress": egress,
                },
            })
        },
    )
}

fn subject() -> impl Strategy<Value = Value> {
    prop_oneof![
        selector().prop_map(|it| json!({ "namespaces": it })),
        (selector(), selector())
            .prop_map(|(a, b)| json!({ "pods": { "namespaceSelector": a, "podSelector": b } })),
    ]
}

fn admin_rules(peers: &'static str) -> impl Strategy<Value = Value> {
    let actions = proptest::sample::select(&["Allow", "Deny", "Pass"][..]);
    let port = prop_oneof![
        Just(Value::Null),
        Just(json!([{ "portNumber": { "protocol": "TCP", "port": 80 } }])),
        Just(json!([{ "portRange": { "protocol": "UDP", "start": 1, "end": 100 } }])),
        Just(json!([{ "namedPort": "web" }])),
    ];
    let rule = (actions, proptest::collection::vec(subject(), 1..3), port).prop_map(
        move |(action, ends, ports)| json!({ "action": action, peers: ends, "ports": ports }),
    );
    proptest::collection::vec(rule, 0..3).prop_map(|it| json!(it))
}

fn admin() -> impl Strategy<Value = Value> {
    let kinds = proptest::sample::select(&["AdminNetworkPolicy", "BaselineAdminNetworkPolicy"][..]);
    (kinds, subject(), admin_rules("from"), admin_rules("to")).prop_map(
        |(kind, subject, ingress, egress)| {
            json!({
                "apiVersion": "policy.networking.k8s.io/v1alpha1",
                "kind": kind,
                "metadata": {},
                "spec": { "subject": subject, "ingress": ingress, "egress": egress },
            })
        },
    )
}

fn pod() -> impl Strategy<Value = Value> {
    let namespace = proptest::sample::select(&NAMESPACES[..]);
    let port = proptest::option::of(proptest::sample::select(&[80_u16, 8080][..]));
    (namespace, labels(), proptest::bool::weighted(0.1), port).prop_map(
        |(namespace, labels, host, port)| {
            let ports: Vec<Value> =
                port.iter().map(|it| json!({ "name": "web", "containerPort": it })).collect();
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "namespace": namespace },
                "spec": { "template": {
                    "metadata": { "labels": labels },
                    "spec": {
                        "hostNetwork": host,
                        "containers": [{ "name": "c", "image": "c", "ports": ports }],
                    },
                } },
            })
        },
    )
}

/// A cluster with everything that the oracle understands.
pub(in crate::netpol) fn cluster() -> impl Strategy<Value = Cluster> {
    let namespaces = proptest::collection::vec(labels(), 3).prop_map(|all| {
        let named = all.into_iter().zip(NAMESPACES);
        let object = |(labels, name): (Value, &str)| {
            json!({
                "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name, "labels": labels },
            })
        };
        named.map(object).collect::<Vec<_>>()
    });
    let numbered = |mut all: Vec<Value>, prefix: &str| {
        for (at, it) in all.iter_mut().enumerate() {
            it["metadata"]["name"] = json!(format!("{prefix}{at}"));
            if it["kind"] == "AdminNetworkPolicy" {
                it["spec"]["priority"] = json!(at);
            }
        }
        all
    };
    (
        namespaces,
        proptest::collection::vec(pod(), 1..4),
        proptest::collection::vec(policy(), 0..4),
        proptest::collection::vec(admin(), 0..3),
    )
        .prop_map(move |(namespaces, pods, policies, mut admin)| {
            // There is one baseline.
            let mut baselines = 0;
            admin.retain(|it| {
                baselines += u32::from(it["kind"] == "BaselineAdminNetworkPolicy");
                it["kind"] == "AdminNetworkPolicy" || baselines == 1
            });
            Cluster {
                namespaces,
                pods: numbered(pods, "pod"),
                policies: numbered(policies, "policy"),
                admin: numbered(admin, "admin"),
            }
        })
}

impl Cluster {
    /// As it is read from an API server.
    pub(in crate::netpol) fn read(&self) -> Kube {
        let mut builder = Builder::default();
        let lists = [&self.namespaces, &self.pods, &self.policies];
        for object in lists.into_iter().flatten() {
            let resource = ALL.iter().find(|it| object["kind"] == it.kind).unwrap();
            let page = json!({ "items": [object] }).to_string();
            builder.page(resource, page.as_bytes()).unwrap();
        }
        for object in &self.admin {
            let page = json!({ "items": [object] }).to_string();
            let (list, version) =
                (CustomList::NetworkPolicies, "policy.networking.k8s.io/v1alpha1");
            builder
                .custom_page(list, version, object["kind"].as_str().unwrap(), page.as_bytes())
                .unwrap();
        }
        builder.finish()
    }
}
