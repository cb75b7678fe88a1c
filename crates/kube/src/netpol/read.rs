//! From the kinds of the API to policies.

use crate::inventory::{
    Kube,
    cluster::CustomObject,
    netpol::{NetworkPolicy, Peer as WirePeer, PolicyPort},
    workload::IntOrString,
};

use super::{
    address::Block,
    admin, calico, cilium,
    model::{Action, Peer, Place, Pods, Policy, PortRange, Ports, Rule, Says, Stage, Within},
};

/// Where NetworkPolicies stand among the ordered policies of Calico.
pub(super) const ORDER: i64 = 1_000_000;

/// Every policy that was read.
pub(super) fn policies(kube: &Kube) -> Vec<Policy> {
    let policies = kube.network_policies.known().map(Vec::as_slice).unwrap_or_default();
    let objects = kube.network_policy_objects.known().map(Vec::as_slice).unwrap_or_default();
    policies.iter().map(policy_of).chain(objects.iter().flat_map(object)).collect()
}

/// A NetworkPolicy as the engine sees it.
pub fn policy_of(policy: &NetworkPolicy) -> Policy {
    let namespace = &policy.metadata.namespace;
    let spec = &policy.spec;
    let has = |name: &str| spec.policy_types.iter().any(|it| it == name);
    let unsaid = spec.policy_types.is_empty();
    let ingress = spec.ingress.iter().map(|it| rule(namespace, &it.from, &it.ports)).collect();
    let egress = spec.egress.iter().map(|it| rule(namespace, &it.to, &it.ports)).collect();
    let says = |when: bool, rules| if when { Says::Rules(rules) } else { Says::Nothing };
    Policy {
        kind: "NetworkPolicy".to_owned(),
        namespace: namespace.clone(),
        name: policy.metadata.name.clone(),
        place: Place { stage: Stage::Ordinary, number: ORDER },
        subject: Pods {
            within: Within::Named(namespace.clone()),
            selector: Some(spec.pod_selector.clone()),
        },
        ingress: says(unsaid || has("Ingress"), ingress),
        egress: says(unsaid && !spec.egress.is_empty() || has("Egress"), egress),
    }
}

fn rule(namespace: &str, peers: &[WirePeer], ports: &[PolicyPort]) -> Rule {
    let peers = match peers {
        [] => vec![Peer::Everyone],
        _ => together(peers.iter().map(|it| peer(namespace, it))),
    };
    let ports = (!ports.is_empty()).then(|| ports.iter().map(port).collect());
    Rule { action: Action::Allow, peers, ports }
}

fn peer(namespace: &str, peer: &WirePeer) -> Peer {
    if let Some(block) = &peer.ip_block {
        return Block::read(block).map_or(Peer::Unknown, |it| Peer::Blocks(vec![it]));
    }
    let within = match &peer.namespace_selector {
        Some(selector) => Within::Matching(selector.clone()),
        None if peer.pod_selector.is_some() => Within::Named(namespace.to_owned()),
        None => return Peer::Unknown,
    };
    Peer::Pods(Pods { within, selector: Some(peer.pod_selector.clone().unwrap_or_default()) })
}

/// Blocks of one rule are one set of addresses.
pub(super) fn together(peers: impl Iterator<Item = Peer>) -> Vec<Peer> {
    let (mut all, mut blocks) = (Vec::new(), Vec::new());
    for peer in peers {
        match peer {
            Peer::Blocks(more) => blocks.extend(more),
            other => all.push(other),
        }
    }
    if !blocks.is_empty() {
        all.push(Peer::Blocks(blocks));
    }
    all
}

fn port(port: &PolicyPort) -> PortRange {
    let protocol = match port.protocol.as_str() {
        "" => "TCP".to_owned(),
        other => other.to_owned(),
    };
    let ports = match &port.port {
        None => Ports::Range(0, u16::MAX),
        Some(IntOrString::String(name)) => Ports::Named(name.clone()),
        Some(IntOrString::Int(first)) => range(*first, port.end_port.unwrap_or(*first)),
    };
    PortRange { protocol, ports }
}

/// A range of port numbers; what is none is not understood.
pub(super) fn range(first: u32, last: u32) -> Ports {
    match (u16::try_from(first), u16::try_from(last)) {
        (Ok(first), Ok(last)) => Ports::Range(first, last),
        _ => Ports::Unknown,
    }
}

/// An object of an add-on's kind; Cilium's may be several policies.
fn object(object: &CustomObject) -> Vec<Policy> {
    let group = object.api_version.split('/').next().unwrap_or_default();
    match group {
        "cilium.io" => cilium::policies(object),
        "crd.projectcalico.org" | "projectcalico.org" => vec![calico::policy(object)],
        _ if object.kind == "ApplicationNetworkPolicy" => vec![application(object)],
        _ => vec![admin::policy(object)],
    }
}

/// What AWS adds to a NetworkPolicy are domain names as destinations.
fn application(object: &CustomObject) -> Policy {
    let spec = serde_json::from_value(object.spec.clone());
    let metadata = object.metadata.clone();
    let mut policy = match spec {
        Ok(spec) => policy_of(&NetworkPolicy { metadata, spec }),
        Err(_) => unknown(object),
    };
    policy.kind.clone_from(&object.kind);
    if let Says::Rules(rules) = &mut policy.egress {
        for (at, rule) in rules.iter_mut().enumerate() {
            let peers = object.spec["egress"][at]["to"].as_array().into_iter().flatten();
            if peers.into_iter().any(|it| it.get("domainNames").is_some()) {
                let unknown = rule.peers.iter_mut().filter(|it| **it == Peer::Unknown);
                unknown.for_each(|it| *it = Peer::Some);
            }
        }
    }
    policy
}

/// An object that is not understood: it may be about any pod in its reach, and may say anything of it.
pub(super) fn unknown(object: &CustomObject) -> Policy {
    let namespace = &object.metadata.namespace;
    let within = match namespace.as_str() {
        "" => Within::Unknown,
        name => Within::Named(name.to_owned()),
    };
    Policy {
        kind: object.kind.clone(),
        namespace: namespace.clone(),
        name: object.metadata.name.clone(),
        place: Place { stage: Stage::Ordinary, number: ORDER },
        subject: Pods { within, selector: None },
        ingress: Says::Unknown,
        egress: Says::Unknown,
    }
}
