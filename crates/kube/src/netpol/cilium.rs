//! `CiliumNetworkPolicy` and `CiliumClusterwideNetworkPolicy`. What is left out is not understood.

use serde_json::Value;

use crate::inventory::{
    cluster::CustomObject,
    meta::{LabelSelector, Labels},
    netpol::IpBlock,
};

use super::{
    address::Block,
    model::{Action, Peer, Place, Pods, Policy, PortRange, Ports, Rule, Says, Stage, Within},
    read::{ORDER, range, together, unknown},
};

const NAMESPACE: &str = "io.kubernetes.pod.namespace";
const NAMESPACE_LABELS: &str = "io.cilium.k8s.namespace.labels.";

/// Allowances and denials apart: a denial beats every allowance, and both isolate.
pub(super) fn policies(object: &CustomObject) -> Vec<Policy> {
    // Without either there is nothing to understand.
    let one = Some(&object.spec).filter(|it| !it.is_null() || object.specs.is_empty());
    one.into_iter().chain(&object.specs).flat_map(|it| spec(object, it)).collect()
}

fn spec(object: &CustomObject, spec: &Value) -> Vec<Policy> {
    if spec.get("nodeSelector").is_some() {
        return Vec::new();
    }
    let Some(subject) = spec.get("endpointSelector").and_then(|it| pods(it, object)) else {
        return vec![unknown(object)];
    };
    let list = |field: &str| spec[field].as_array().map(Vec::as_slice).unwrap_or_default();
    let rules = |field: &str, end: &str, action| -> Says {
        let all = list(field).iter().map(|it| rule(it, end, action, object)).collect();
        Says::from_option(all)
    };
    let allows = |direction: &str, denials: &str, end: &str| {
        let said = !list(direction).is_empty() || !list(denials).is_empty();
        let default = spec["enableDefaultDeny"][direction].as_bool() != Some(false);
        match (said, default) {
            (false, _) => Says::Nothing,
            (true, true) => rules(direction, end, Action::Allow),
            // It allows without isolating: whether that matters depends on the others.
            (true, false) if list(direction).is_empty() => Says::Nothing,
            (true, false) => Says::Unknown,
        }
    };
    let denies = |field: &str, end: &str| match list(field) {
        [] => Says::Nothing,
        _ => rules(field, end, Action::Deny),
    };
    let policy = |stage, ingress, egress| Policy {
        kind: object.kind.clone(),
        namespace: object.metadata.namespace.clone(),
        name: object.metadata.name.clone(),
        place: Place { stage, number: ORDER },
        subject: subject.clone(),
        ingress,
        egress,
    };
    let denials = policy(Stage::Denials, denies("ingressDeny", "from"), denies("egressDeny", "to"));
    let allowances = policy(
        Stage::Ordinary,
        allows("ingress", "ingressDeny", "from"),
        allows("egress", "egressDeny", "to"),
    );
    let says = |it: &Policy| it.ingress != Says::Nothing || it.egress != Says::Nothing;
    let mut all = vec![allowances];
    all.extend(Some(denials).filter(says));
    all
}

fn rule(rule: &Value, end: &str, action: Action, object: &CustomObject) -> Option<Rule> {
    let mut peers = Vec::new();
    let mut named = false;
    for (field, value) in rule.as_object()? {
        let Some(kind) = field.strip_prefix(end) else { continue };
        let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
        if kind == "Ports" {
            continue;
        }
        named = true;
        peers.extend(items.iter().flat_map(|it| peer(kind, it, object)));
    }
    let ports = ports(&rule["toPorts"]);
    // A rule that names nobody is about everybody, but only if it is about ports.
    if !named && (ports.is_some() || rule.get("icmps").is_some()) {
        peers.push(Peer::Everyone);
    }
    if rule.get("icmps").is_some() || rule.get("authentication").is_some() {
        peers = vec![Peer::Unknown];
    }
    Some(Rule { action, peers: together(peers.into_iter()), ports })
}

fn peer(kind: &str, item: &Value, object: &CustomObject) -> Vec<Peer> {
    let block = |cidr: &Value, except: &Value| {
        let texts = except.as_array().into_iter().flatten();
        let except = texts.filter_map(|it| Some(it.as_str()?.to_owned())).collect();
        let cidr = cidr.as_str().unwrap_or_default().to_owned();
        let block = Block::read(&IpBlock { cidr, except });
        vec![block.map_or(Peer::Unknown, |it| Peer::Blocks(vec![it]))]
    };
    match kind {
        "Endpoints" => vec![pods(item, object).map_or(Peer::Unknown, Peer::Pods)],
        "CIDR" => block(item, &Value::Null),
        "CIDRSet" if item.get("cidr").is_some() => block(&item["cidr"], &item["except"]),
        "Entities" => match item.as_str().unwrap_or_default() {
            "all" => vec![Peer::Everyone],
            "world" => vec![Peer::Blocks(Block::world())],
            "cluster" => vec![Peer::Pods(Pods::all(Within::everywhere())), Peer::Some],
            _ => vec![Peer::Some],
        },
        "FQDNs" if item["matchPattern"] == "*" => vec![Peer::Blocks(Block::world())],
        "FQDNs" | "Services" | "Nodes" | "Groups" | "CIDRSet" => vec![Peer::Some],
        _ => vec![Peer::Unknown],
    }
}

/// A selector over labels of pods, of their namespace and of their account.
fn pods(value: &Value, object: &CustomObject) -> Option<Pods> {
    let selector: LabelSelector = serde_json::from_value(value.clone()).ok()?;
    let (mut pods, mut namespaces) = (LabelSelector::default(), LabelSelector::default());
    let (mut elsewhere, mut understood) = (false, true);
    let mut place = |key: &str| -> (String, bool) {
        let key = key.strip_prefix("k8s:").or(key.strip_prefix("any:")).unwrap_or(key);
        understood &= !key.contains(':') && !key.starts_with("io.cilium.k8s.policy.");
        let of_namespace = key.strip_prefix(NAMESPACE_LABELS);
        elsewhere |= of_namespace.is_some() || key == NAMESPACE;
        match of_namespace {
            Some(label) => (label.to_owned(), true),
            None if key == NAMESPACE => ("kubernetes.io/metadata.name".to_owned(), true),
            None => (key.to_owned(), false),
        }
    };
    for (key, value) in &selector.match_labels {
        let (key, of_namespace) = place(key);
        let labels: &mut Labels =
            if of_namespace { &mut namespaces.match_labels } else { &mut pods.match_labels };
        labels.insert(key, value.clone());
    }
    for it in selector.match_expressions {
        let (key, of_namespace) = place(&it.key);
        let target = if of_namespace { &mut namespaces } else { &mut pods };
        target.match_expressions.push(crate::inventory::meta::Requirement { key, ..it });
    }
    let within = match object.metadata.namespace.as_str() {
        "" => Within::Matching(namespaces),
        _ if elsewhere => Within::Matching(namespaces),
        name => Within::Named(name.to_owned()),
    };
    Some(Pods { within, selector: understood.then_some(pods) })
}

/// Ports of a rule, if it limits them; what it asks of layer 7 admits less, not more.
fn ports(value: &Value) -> Option<Vec<PortRange>> {
    let rules = value.as_array().filter(|it| !it.is_empty())?;
    let ports: Vec<PortRange> = rules
        .iter()
        .flat_map(|it| it["ports"].as_array().into_iter().flatten().map(port))
        .collect();
    (!ports.is_empty()).then_some(ports)
}

fn port(port: &Value) -> PortRange {
    let protocol = match port["protocol"].as_str() {
        None | Some("" | "ANY") => String::new(),
        Some(it) => it.to_owned(),
    };
    let first = port["port"].as_str().map_or_else(|| port["port"].to_string(), str::to_owned);
    let last = port["endPort"].as_u64().and_then(|it| u32::try_from(it).ok()).filter(|it| *it != 0);
    let ports = match first.parse::<u32>() {
        Ok(0) => Ports::Range(0, u16::MAX),
        Ok(first) => range(first, last.unwrap_or(first)),
        Err(_) => Ports::Named(first),
    };
    PortRange { protocol, ports }
}
