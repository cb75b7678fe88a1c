//! Kinds of other engines.

use super::{Answer, Endpoint, Netpols, Port};
use crate::{decode::from_manifests, inventory::Kube};

/// A cluster as a test writes it.
fn read(manifests: &str) -> Kube {
    from_manifests(manifests).unwrap()
}

#[test]
fn other_engines_are_understood_or_left_open() {
    let base = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c, image: c }] } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: api, namespace: shop }
spec: { template: { metadata: { labels: { app: api } }, spec: { containers: [{ name: c, image: c }] } } }
---
";
    let calico = |spec: &str| {
        format!(
            "apiVersion: crd.projectcalico.org/v1\nkind: NetworkPolicy\nmetadata: {{ name: p, namespace: shop }}\nspec: {spec}\n"
        )
    };
    let cilium = |spec: &str| {
        format!(
            "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: {{ name: p, namespace: shop }}\nspec: {spec}\n"
        )
    };
    for (policy, api_to_web, stranger_to_web) in [
        (calico("{ selector: \"app == 'web'\" }"), Answer::No, Answer::No),
        (calico("{ selector: \"app == 'web'\", ingress: [{ action: Allow, source: { selector: \"app in {'api', 'x'}\" } }] }"), Answer::Yes, Answer::No),
        (calico("{ selector: all(), types: [Ingress], ingress: [{ action: Deny, source: { selector: \"!has(tier)\" } }, { action: Allow }] }"), Answer::No, Answer::Yes),
        (calico("{ selector: \"app == 'web' || app == 'x'\" }"), Answer::Maybe, Answer::Maybe),
        (calico("{ tier: security, selector: all() }"), Answer::Maybe, Answer::Maybe),
        ("apiVersion: crd.projectcalico.org/v1\nkind: GlobalNetworkPolicy\nmetadata: { name: p }\nspec: { namespaceSelector: \"has(projectcalico.org/name) && projectcalico.org/name not in {'kube-system'}\", types: [Ingress, Egress] }\n".to_owned(), Answer::No, Answer::No),
        (calico("{ selector: all(), types: [Egress], egress: [{ action: Allow }] }"), Answer::Yes, Answer::Yes),
        (cilium("{ endpointSelector: { matchLabels: { app: web } }, ingress: [{}] }"), Answer::No, Answer::No),
        (cilium("{ endpointSelector: { matchLabels: { app: web } }, ingress: [{ fromEndpoints: [{}] }] }"), Answer::Yes, Answer::No),
        (cilium("{ endpointSelector: {}, ingress: [{ fromEntities: [cluster] }], ingressDeny: [{ fromEndpoints: [{ matchLabels: { \"k8s:app\": api } }] }] }"), Answer::No, Answer::Yes),
        (cilium("{ endpointSelector: { matchLabels: { \"k8s:app\": web } }, ingress: [{ toPorts: [{ ports: [{ port: \"80\", protocol: TCP }] }] }] }"), Answer::Yes, Answer::Yes),
        (cilium("{ endpointSelector: {}, ingress: [{ fromEndpoints: [{ matchLabels: { \"k8s:io.kubernetes.pod.namespace\": other } }] }] }"), Answer::No, Answer::No),
        (cilium("{ endpointSelector: {}, enableDefaultDeny: { ingress: false }, ingress: [{ fromEntities: [all] }] }"), Answer::Maybe, Answer::Maybe),
        ("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: p, namespace: shop }\nspecs: [{ endpointSelector: { matchLabels: { app: api } }, ingress: [{}] }, { endpointSelector: { matchLabels: { app: web } }, ingress: [{ fromEndpoints: [{}] }] }]\n".to_owned(), Answer::Yes, Answer::No),
        ("apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\nmetadata: { name: p, namespace: shop }\n".to_owned(), Answer::Maybe, Answer::Maybe),
        ("apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: { name: p }\nspec: { tier: Baseline, priority: 1, subject: { namespaces: {} }, ingress: [{ action: Deny, from: [{ namespaces: {} }], protocols: [{ tcp: { destinationPort: { range: { start: 1, end: 99 } } } }] }] }\n".to_owned(), Answer::No, Answer::No),
        ("apiVersion: policy.networking.k8s.io/v1alpha3\nkind: ClusterNetworkPolicy\nmetadata: { name: p }\nspec: { tier: Other, subject: { namespaces: {} } }\n".to_owned(), Answer::Maybe, Answer::Maybe),
    ] {
        let kube = read(&format!("{base}{policy}"));
        let netpols = Netpols::resolve(&kube);
        let pod = |name: &str| Endpoint::Pod(kube.workload("Deployment", "shop", name).unwrap());
        let port = Port { protocol: "TCP", number: 80 };
        assert_eq!(netpols.reaches(pod("api"), pod("web"), port), api_to_web, "{policy}");
        assert_eq!(netpols.reaches(Endpoint::Stranger, pod("web"), port), stranger_to_web, "{policy}");
    }
}
