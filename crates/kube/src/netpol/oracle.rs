//! An independent, slow reading of the same manifests: raw JSON, pod by pod and rule by rule, as the API's
//! documentation words it. It shares no code with the engine.

mod random;

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Answer, Direction};
pub(super) use random::{Cluster, NAMESPACES, cluster, rules};

/// The other end of a connection in raw form.
#[derive(Clone, Copy)]
pub(super) enum End<'a> {
    Pod(&'a Value),
    Address(&'a str),
}

pub(super) fn select(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    for (key, value) in selector["matchLabels"].as_object().into_iter().flatten() {
        if labels.get(key).map(String::as_str) != value.as_str() {
            return false;
        }
    }
    for it in selector["matchExpressions"].as_array().into_iter().flatten() {
        let value = labels.get(it["key"].as_str().unwrap());
        let listed = value.is_some_and(|value| {
            it["values"].as_array().into_iter().flatten().any(|it| it.as_str() == Some(value))
        });
        let holds = match it["operator"].as_str().unwrap() {
            "In" => listed,
            "NotIn" => !listed,
            "Exists" => value.is_some(),
            _ => value.is_none(),
        };
        if !holds {
            return false;
        }
    }
    true
}

fn map(value: &Value) -> BTreeMap<String, String> {
    let all = value.as_object().into_iter().flatten();
    all.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn pod_labels(pod: &Value) -> BTreeMap<String, String> {
    map(&pod["spec"]["template"]["metadata"]["labels"])
}

fn namespace_labels(cluster: &Cluster, pod: &Value) -> BTreeMap<String, String> {
    let name = &pod["metadata"]["namespace"];
    let of = cluster.namespaces.iter().find(|it| it["metadata"]["name"] == *name).unwrap();
    let mut labels = map(&of["metadata"]["labels"]);
    labels.insert("kubernetes.io/metadata.name".into(), name.as_str().unwrap().into());
    labels
}

pub(super) fn is_host(pod: &Value) -> bool {
    pod["spec"]["template"]["spec"]["hostNetwork"] == true
}

/// A pod with the node's address may or may not be seen behind it.
fn seen(pod: &Value, selected: bool) -> Option<bool> {
    if selected && is_host(pod) { None } else { Some(selected) }
}

fn peer(cluster: &Cluster, namespace: &Value, peer: &Value, end: End<'_>) -> Option<bool> {
    match (end, peer.get("ipBlock")) {
        // Whether a block matches pods is up to the engine.
        (End::Pod(_), Some(_)) => None,
        (End::Address(it), Some(block)) => Some(in_block(block, it)),
        (End::Address(_), None) => Some(false),
        (End::Pod(pod), None) => {
            let there = match peer.get("namespaceSelector") {
                Some(selector) => select(selector, &namespace_labels(cluster, pod)),
                None => pod["metadata"]["namespace"] == *namespace,
            };
            let meant = peer.get("podSelector").is_none_or(|it| select(it, &pod_labels(pod)));
            seen(pod, there && meant)
        }
    }
}

/// The few blocks that are generated, spelled out.
fn in_block(block: &Value, address: &str) -> bool {
    match block["cidr"].as_str().unwrap() {
        "10.0.0.0/8" => address == "10.0.0.7",
        "0.0.0.0/0" => address == "8.8.8.8",
        _ => address == "2001:db8::1",
    }
}

fn is_named(name: &Value, target: End<'_>, (protocol, number): (&str, u16)) -> bool {
    let End::Pod(pod) = target else { return false };
    let containers = &pod["spec"]["template"]["spec"]["containers"];
    let ports = containers[0]["ports"].as_array().unwrap();
    protocol == "TCP" && ports.iter().any(|it| it["name"] == *name && it["containerPort"] == number)
}

fn port(ports: &Value, target: End<'_>, asked: (&str, u16)) -> bool {
    let ports = ports.as_array().unwrap();
    let (protocol, number) = asked;
    ports.is_empty()
        || ports.iter().any(|it| {
            let same = it.get("protocol").map_or("TCP", |it| it.as_str().unwrap()) == protocol;
            same && match it.get("port") {
                None => true,
                Some(Value::String(_)) => is_named(&it["port"], target, asked),
                Some(first) => {
                    let first = first.as_u64().unwrap();
                    let last = it.get("endPort").map_or(first, |it| it.as_u64().unwrap());
                    (first..=last).contains(&u64::from(number))
                }
            }
        })
}

fn admin_selects(cluster: &Cluster, subject: &Value, pod: &Value) -> bool {
    let namespace = namespace_labels(cluster, pod);
    if let Some(selector) = subject.get("namespaces") {
        return select(selector, &namespace);
    }
    let pods = &subject["pods"];
    select(&pods["namespaceSelector"], &namespace) && select(&pods["podSelector"], &pod_labels(pod))
}

fn admin_port(ports: &Value, target: End<'_>, asked: (&str, u16)) -> bool {
    let Some(ports) = ports.as_array() else { return true };
    let (protocol, number) = asked;
    ports.iter().any(|it| match (it.get("portNumber"), it.get("portRange")) {
        (Some(it), _) => it["protocol"] == protocol && it["port"] == number,
        (_, Some(it)) => it["protocol"] == protocol && (1..=100).contains(&number),
        _ => is_named(&it["namedPort"], target, asked),
    })
}

/// Both ends of what may become of the connection at `pod`: `(may be admitted, may be refused)`.
pub(super) fn fate(
    cluster: &Cluster,
    pod: &Value,
    direction: Direction,
    end: End<'_>,
    asked: (&str, u16),
) -> (bool, bool) {
    let (field, ends, kind) = match direction {
        Direction::Ingress => ("ingress", "from", "Ingress"),
        Direction::Egress => ("egress", "to", "Egress"),
    };
    let target = if direction == Direction::Ingress { End::Pod(pod) } else { end };
    // Each world settles what is not told one way: everything that is not told matches, or nothing does.
    // Rules are monotone between stages only within one action, so all worlds are tried per policy list.
    let verdicts = |list: &'static str| -> Vec<(String, Option<bool>)> {
        let mut found = Vec::new();
        for policy in cluster.admin.iter().filter(|it| it["kind"] == list) {
            if !admin_selects(cluster, &policy["spec"]["subject"], pod) {
                continue;
            }
            for rule in policy["spec"][field].as_array().unwrap() {
                let mut matched = Some(false);
                for it in rule[ends].as_array().unwrap() {
                    let one = match end {
                        End::Pod(other) => seen(other, admin_selects(cluster, it, other)),
                        End::Address(_) => Some(false),
                    };
                    matched = either(matched, one);
                }
                if !admin_port(&rule["ports"], target, asked) {
                    matched = Some(false);
                }
                found.push((rule["action"].as_str().unwrap().to_owned(), matched));
            }
        }
        found
    };
    let (mut isolated, mut admitted) = (false, Some(false));
    for policy in &cluster.policies {
        let spec = &policy["spec"];
        let namespace = &policy["metadata"]["namespace"];
        let rules = spec[field].as_array().unwrap();
        let typed = match spec["policyTypes"].as_array() {
            Some(types) => types.iter().any(|it| it == kind),
            None => direction == Direction::Ingress || !rules.is_empty(),
        };
        let here = pod["metadata"]["namespace"] == *namespace;
        if !typed || !here || !select(&spec["podSelector"], &pod_labels(pod)) {
            continue;
        }
        isolated = true;
        for rule in rules {
            let peers = rule[ends].as_array().unwrap();
            let mut matched = Some(peers.is_empty());
            for it in peers {
                matched = either(matched, peer(cluster, namespace, it, end));
            }
            if !port(&rule["ports"], target, asked) {
                matched = Some(false);
            }
            admitted = either(admitted, matched);
        }
    }
    let ordinary = |may: &mut (bool, bool)| {
        if !isolated {
            walk(&verdicts("BaselineAdminNetworkPolicy"), may, &mut |may| may.0 = true);
            return;
        }
        may.0 |= admitted != Some(false);
        may.1 |= admitted != Some(true);
    };
    let mut may = (false, false);
    walk(&verdicts("AdminNetworkPolicy"), &mut may, &mut |may| ordinary(may));
    may
}

/// First match decides; a match that is not told may decide, or not.
fn walk(
    rules: &[(String, Option<bool>)],
    may: &mut (bool, bool),
    next: &mut dyn FnMut(&mut (bool, bool)),
) {
    for (action, matched) in rules {
        if *matched == Some(false) {
            continue;
        }
        match action.as_str() {
            "Allow" => may.0 = true,
            "Deny" => may.1 = true,
            _ => next(may),
        }
        if *matched == Some(true) {
            return;
        }
    }
    next(may);
}

fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        _ => Some(false),
    }
}

pub(super) fn answer((allowed, refused): (bool, bool)) -> Answer {
    match (allowed, refused) {
        (true, false) => Answer::Yes,
        (false, true) => Answer::No,
        _ => Answer::Maybe,
    }
}

pub(super) fn reaches(cluster: &Cluster, from: End<'_>, to: End<'_>, asked: (&str, u16)) -> Answer {
    let out = match from {
        End::Pod(pod) if !is_host(pod) => answer(fate(cluster, pod, Direction::Egress, to, asked)),
        _ => Answer::Yes,
    };
    let into = match to {
        End::Pod(pod) if !is_host(pod) => {
            answer(fate(cluster, pod, Direction::Ingress, from, asked))
        }
        _ => Answer::Yes,
    };
    match from {
        // The node's own pods are always open to it.
        End::Pod(pod) if is_host(pod) && into == Answer::No => Answer::Maybe,
        _ if out == Answer::No || into == Answer::No => Answer::No,
        _ if out == Answer::Yes && into == Answer::Yes => Answer::Yes,
        _ => Answer::Maybe,
    }
}
