//! Policies of administrators: `AdminNetworkPolicy`, `BaselineAdminNetworkPolicy`, and `ClusterNetworkPolicy` as
//! the network policy API and AWS have it.

use serde_json::Value;

use crate::inventory::{cluster::CustomObject, meta::LabelSelector, netpol::IpBlock};

use super::{
    address::Block,
    model::{Action, Peer, Place, Pods, Policy, PortRange, Ports, Rule, Says, Stage, Within},
    read::{range, together, unknown},
};

pub(super) fn policy(object: &CustomObject) -> Policy {
    let spec = &object.spec;
    let stage = match (object.kind.as_str(), spec["tier"].as_str()) {
        ("AdminNetworkPolicy", _) | ("ClusterNetworkPolicy", Some("Admin")) => Stage::Admin,
        ("BaselineAdminNetworkPolicy", _) | ("ClusterNetworkPolicy", Some("Baseline")) => {
            Stage::Baseline
        }
        _ => return unknown(object),
    };
    let Some(subject) = pods(&spec["subject"]) else { return unknown(object) };
    let says = |field: &str, peers: &str| match &spec[field] {
        Value::Null => Says::Nothing,
        Value::Array(rules) if rules.is_empty() => Says::Nothing,
        Value::Array(rules) => Says::from_option(rules.iter().map(|it| rule(it, peers)).collect()),
        _ => Says::Unknown,
    };
    Policy {
        kind: object.kind.clone(),
        namespace: String::new(),
        name: object.metadata.name.clone(),
        place: Place { stage, number: spec["priority"].as_i64().unwrap_or_default() },
        subject,
        ingress: says("ingress", "from"),
        egress: says("egress", "to"),
    }
}

fn rule(rule: &Value, peers: &str) -> Option<Rule> {
    let action = match rule["action"].as_str()? {
        "Allow" | "Accept" => Action::Allow,
        "Deny" => Action::Deny,
        "Pass" => Action::Pass,
        _ => return None,
    };
    let peers = rule[peers].as_array()?.iter().flat_map(peer);
    Some(Rule { action, peers: together(peers), ports: ports(rule) })
}

fn peer(peer: &Value) -> Vec<Peer> {
    if let Some(pods) = pods(peer) {
        return vec![Peer::Pods(pods)];
    }
    if let Some(networks) = peer["networks"].as_array() {
        let block = |it: &Value| {
            let cidr = it.as_str()?.to_owned();
            Block::read(&IpBlock { cidr, except: Vec::new() })
        };
        let blocks: Option<Vec<Block>> = networks.iter().map(block).collect();
        return vec![blocks.map_or(Peer::Unknown, Peer::Blocks)];
    }
    let particular = ["domainNames", "nodes"].iter().any(|it| peer.get(it).is_some());
    vec![if particular { Peer::Some } else { Peer::Unknown }]
}

/// `namespaces` or `pods`.
fn pods(value: &Value) -> Option<Pods> {
    let selector = |it: &Value| serde_json::from_value::<LabelSelector>(it.clone()).ok();
    if value["namespaces"].is_object() {
        return Some(Pods::all(Within::Matching(selector(&value["namespaces"])?)));
    }
    let pods = value.get("pods").filter(|it| it.is_object())?;
    let namespaces = pods.get("namespaceSelector").filter(|it| it.is_object())?;
    let labels = pods.get("podSelector").filter(|it| it.is_object())?;
    Some(Pods { within: Within::Matching(selector(namespaces)?), selector: selector(labels) })
}

/// `ports` of the first versions, `protocols` of the later ones.
fn ports(rule: &Value) -> Option<Vec<PortRange>> {
    let list = |field: &str| rule[field].as_array().filter(|it| !it.is_empty());
    let ports = list("ports").into_iter().flatten().map(port);
    let protocols = list("protocols").into_iter().flatten().map(protocol);
    let all: Vec<PortRange> = ports.chain(protocols).collect();
    (!all.is_empty()).then_some(all)
}

fn port(port: &Value) -> PortRange {
    let text = |it: &Value| it.as_str().unwrap_or("TCP").to_owned();
    if let Some(it) = port.get("portNumber") {
        return PortRange { protocol: text(&it["protocol"]), ports: number(&it["port"]) };
    }
    if let Some(it) = port.get("portRange") {
        return PortRange { protocol: text(&it["protocol"]), ports: numbers(it) };
    }
    named(port.get("namedPort"))
}

fn protocol(value: &Value) -> PortRange {
    for (field, name) in [("tcp", "TCP"), ("udp", "UDP"), ("sctp", "SCTP")] {
        let Some(it) = value.get(field) else { continue };
        let port = &it["destinationPort"];
        let ports = match (port.get("number"), port.get("range")) {
            (Some(it), _) => number(it),
            (_, Some(it)) => numbers(it),
            _ if port.is_null() => Ports::Range(0, u16::MAX),
            _ => Ports::Unknown,
        };
        return PortRange { protocol: name.to_owned(), ports };
    }
    named(value.get("destinationNamedPort"))
}

/// A name has no protocol of its own.
fn named(name: Option<&Value>) -> PortRange {
    let ports = match name.and_then(Value::as_str) {
        Some(name) => Ports::Named(name.to_owned()),
        None => Ports::Unknown,
    };
    PortRange { protocol: String::new(), ports }
}

fn number(value: &Value) -> Ports {
    let number = value.as_u64().and_then(|it| u32::try_from(it).ok());
    number.map_or(Ports::Unknown, |it| range(it, it))
}

fn numbers(value: &Value) -> Ports {
    match (number(&value["start"]), number(&value["end"])) {
        (Ports::Range(first, _), Ports::Range(last, _)) => Ports::Range(first, last),
        _ => Ports::Unknown,
    }
}
