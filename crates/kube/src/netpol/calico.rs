//! Calico's `NetworkPolicy` and `GlobalNetworkPolicy`, as far as they are simple: selectors that are conjunctions,
//! one tier. The rest is not understood.

use serde_json::Value;

use crate::inventory::{
    cluster::CustomObject,
    meta::{LabelSelector, Requirement},
    netpol::IpBlock,
};

use super::{
    address::Block,
    model::{Action, Peer, Place, Pods, Policy, PortRange, Ports, Rule, Says, Stage, Within},
    read::{range, together, unknown},
};

pub(super) fn policy(object: &CustomObject) -> Policy {
    let spec = &object.spec;
    let namespace = object.metadata.namespace.as_str();
    let text = |field: &str| spec[field].as_str().unwrap_or_default();
    let flag = |field: &str| spec[field].as_bool() == Some(true);
    let tier = matches!(text("tier"), "" | "default");
    let plain = !["doNotTrack", "preDNAT", "applyOnForward"].iter().any(|it| flag(it));
    if !tier || !plain || !spec.is_object() {
        return unknown(object);
    }
    let selector = match text("serviceAccountSelector") {
        "" => labels(text("selector")),
        _ => None,
    };
    let within = match (namespace, text("namespaceSelector")) {
        ("", "") => Within::everywhere(),
        ("", it) => labels(it).map_or(Within::Unknown, Within::Matching),
        (name, _) => Within::Named(name.to_owned()),
    };
    let rules = |field: &str| spec[field].as_array().map(Vec::as_slice).unwrap_or_default();
    let types = spec["types"].as_array().map(Vec::as_slice).unwrap_or_default();
    let has = |name: &str| types.iter().any(|it| it == name);
    let unsaid = types.is_empty();
    let says = |when: bool, field: &str, direction| {
        if !when {
            return Says::Nothing;
        }
        let rules = rules(field).iter().filter(|it| it["action"] != "Log");
        Says::from_option(rules.map(|it| rule(it, namespace, direction)).collect())
    };
    let only_egress = rules("ingress").is_empty() && !rules("egress").is_empty();
    Policy {
        kind: object.kind.clone(),
        namespace: namespace.to_owned(),
        name: object.metadata.name.clone(),
        place: Place { stage: Stage::Ordinary, number: order(&spec["order"]) },
        subject: Pods { within, selector },
        ingress: says(unsaid && !only_egress || has("Ingress"), "ingress", "source"),
        egress: says(
            unsaid && !rules("egress").is_empty() || has("Egress"),
            "egress",
            "destination",
        ),
    }
}

/// Without an order a policy comes last; NetworkPolicies stand at 1000.
#[expect(clippy::cast_possible_truncation, reason = "an order beyond i64 is last either way")]
fn order(value: &Value) -> i64 {
    value.as_f64().map_or(i64::MAX, |it| (it * 1000.0) as i64)
}

fn rule(rule: &Value, namespace: &str, other: &str) -> Option<Rule> {
    let action = match rule["action"].as_str()? {
        "Allow" => Action::Allow,
        "Deny" => Action::Deny,
        "Pass" => Action::Pass,
        _ => return None,
    };
    let exotic = ["notProtocol", "icmp", "notICMP", "http"];
    let own = if other == "source" { "destination" } else { "source" };
    let limits = |end: &str, fields: &[&str]| fields.iter().any(|it| rule[end].get(it).is_some());
    let mut peers = peers(&rule[other], namespace);
    // What limits it further leaves less than what is understood of it.
    if exotic.iter().any(|it| rule.get(it).is_some())
        || limits(own, &["nets", "notNets", "selector", "notSelector", "serviceAccounts"])
        || limits("source", &["ports", "notPorts"])
        || limits("destination", &["notPorts"])
    {
        peers = vec![Peer::Unknown];
    }
    Some(Rule { action, peers, ports: ports(rule) })
}

fn peers(end: &Value, namespace: &str) -> Vec<Peer> {
    let given = |it: &str| end.get(it).is_some_and(|it| !it.is_null() && it != "");
    let known = ["nets", "selector", "namespaceSelector", "ports"];
    let fields = end.as_object().into_iter().flatten();
    if fields.into_iter().any(|(name, _)| !known.contains(&name.as_str()) && given(name)) {
        return vec![Peer::Unknown];
    }
    let text = |it: &str| end[it].as_str().unwrap_or_default();
    let by_labels = given("selector") || given("namespaceSelector");
    match (end["nets"].as_array(), by_labels) {
        (None, false) => vec![Peer::Everyone],
        (Some(nets), false) => together(nets.iter().map(|it| {
            let cidr = it.as_str().unwrap_or_default().to_owned();
            let block = Block::read(&IpBlock { cidr, except: Vec::new() });
            block.map_or(Peer::Unknown, |it| Peer::Blocks(vec![it]))
        })),
        (None, true) => {
            let within = match (namespace, text("namespaceSelector")) {
                (_, "global()") => Within::Unknown,
                ("", "") => Within::everywhere(),
                (name, "") => Within::Named(name.to_owned()),
                (_, it) => labels(it).map_or(Within::Unknown, Within::Matching),
            };
            vec![Peer::Pods(Pods { within, selector: labels(text("selector")) })]
        }
        (Some(_), true) => vec![Peer::Unknown],
    }
}

fn ports(rule: &Value) -> Option<Vec<PortRange>> {
    let protocol = match &rule["protocol"] {
        Value::Null => None,
        Value::String(it) => Some(it.to_uppercase()),
        Value::Number(it) if it.as_u64() == Some(6) => Some("TCP".to_owned()),
        Value::Number(it) if it.as_u64() == Some(17) => Some("UDP".to_owned()),
        other => Some(other.to_string()),
    };
    let ports = rule["destination"]["ports"].as_array().filter(|it| !it.is_empty());
    let protocol = match (protocol, ports) {
        (None, None) => return None,
        (it, _) => it.unwrap_or_default(),
    };
    let one = |ports| PortRange { protocol: protocol.clone(), ports };
    Some(match ports {
        None => vec![one(Ports::Range(0, u16::MAX))],
        Some(ports) => ports.iter().map(|it| one(port(it))).collect(),
    })
}

/// `80`, `"8000:8010"` or a name.
fn port(port: &Value) -> Ports {
    let number = |it: &str| it.parse::<u32>().ok();
    match port {
        Value::Number(it) => number(&it.to_string()).map_or(Ports::Unknown, |it| range(it, it)),
        Value::String(text) => match text.split_once(':') {
            Some((first, last)) => match (number(first), number(last)) {
                (Some(first), Some(last)) => range(first, last),
                _ => Ports::Unknown,
            },
            None => number(text).map_or_else(|| Ports::Named(text.clone()), |it| range(it, it)),
        },
        _ => Ports::Unknown,
    }
}

/// A selector that is a conjunction of simple terms; any other is not understood.
fn labels(selector: &str) -> Option<LabelSelector> {
    let mut labels = LabelSelector::default();
    for term in selector.split("&&").map(str::trim) {
        if matches!(term, "" | "all()" | "projectcalico.org/orchestrator == 'k8s'") {
            continue;
        }
        labels.match_expressions.push(requirement(term)?);
    }
    Some(labels)
}

fn requirement(term: &str) -> Option<Requirement> {
    let has = |it: &str| Some(it.strip_prefix("has(")?.strip_suffix(')')?.trim().to_owned());
    let of = |key: &str, operator: &str, values: Option<Vec<String>>| {
        // Calico's own label for what the API server labels, too.
        let key = match key.trim() {
            "projectcalico.org/name" => "kubernetes.io/metadata.name",
            other => other,
        };
        let (key, operator, values) = (key.to_owned(), operator.to_owned(), values?);
        is_key(&key).then_some(Requirement { key, operator, values })
    };
    if let Some(key) = has(term) {
        return of(&key, "Exists", Some(Vec::new()));
    }
    if let Some(key) = term.strip_prefix('!').and_then(|it| has(it.trim())) {
        return of(&key, "DoesNotExist", Some(Vec::new()));
    }
    if let Some((key, value)) = term.split_once("==") {
        return of(key, "In", literal(value).map(|it| vec![it]));
    }
    if let Some((key, value)) = term.split_once("!=") {
        return of(key, "NotIn", literal(value).map(|it| vec![it]));
    }
    if let Some((key, values)) = term.split_once(" not in ") {
        return of(key, "NotIn", literals(values));
    }
    let (key, values) = term.split_once(" in ")?;
    of(key, "In", literals(values))
}

fn literals(text: &str) -> Option<Vec<String>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    inside.split(',').map(literal).collect()
}

fn literal(text: &str) -> Option<String> {
    let text = text.trim();
    let inside = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    let inside = inside('\'').or_else(|| inside('"'))?;
    (!inside.contains(['\'', '"'])).then(|| inside.to_owned())
}

/// A label's key; one that Calico makes up itself is not known here.
fn is_key(key: &str) -> bool {
    let letters = key.chars().all(|it| it.is_ascii_alphanumeric() || "-_./".contains(it));
    letters && !key.is_empty() && !key.starts_with("projectcalico.org/")
}
