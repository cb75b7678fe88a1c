//! Gatekeeper constraints. Their templates hold Rego and are not read: kinds of its library are known by name.

use eksray_rule::Gap;
use serde_json::Value;

use super::{Guard, Place, cel::is_empty, cel::selector, glob, narrowed, webhooks};
use crate::inventory::{Kube, admission::PolicyObject};

const GROUP: &str = "constraints.gatekeeper.sh/";
const STOPS_PRIVILEGED: &str = "K8sPSPPrivilegedContainer";

/// Kinds of the public library, by prefix, that judge something else.
const OTHERS: &[&str] = &[
    "K8sAllowedRepos",
    "K8sBlock",
    "K8sContainer",
    "K8sDisallowed",
    "K8sExternalIPs",
    "K8sHorizontalPodAutoscaler",
    "K8sHttpsOnly",
    "K8sImageDigests",
    "K8sNoEnvVarSecrets",
    "K8sPSP",
    "K8sPodDisruptionBudget",
    "K8sPodsRequireSecurityContext",
    "K8sReplicaLimits",
    "K8sRequired",
    "K8sStorageClass",
    "K8sUnique",
    "NoUpdateServiceAccount",
    "VerifyDeprecatedAPI",
];

/// The strongest constraint in force in a namespace.
pub(super) fn guard(place: Place<'_>, kube: &Kube) -> Result<Guard, Gap> {
    let guards = constraints(kube)?.map(|it| constraint(it, place));
    webhooks::through("Gatekeeper", guards.min().unwrap_or(Guard::Nothing), place, kube)
}

/// Any constraint that denies.
pub(super) fn enforcing(kube: &Kube) -> Result<Guard, Gap> {
    let Some(found) = constraints(kube)?.next() else { return Ok(Guard::Nothing) };
    let text = format!("constraint {} {} denies", found.kind, found.metadata.name);
    Ok(if webhooks::runs("Gatekeeper", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

/// A constraint that denies and looks at signatures, by the name of its kind.
pub(super) fn verifies_images(kube: &Kube) -> Result<Guard, Gap> {
    let verifies = |it: &&PolicyObject| {
        let kind = it.kind.to_lowercase();
        ["cosign", "notation", "ratify", "signature", "signed", "verifyimage"]
            .iter()
            .any(|it| kind.contains(it))
    };
    let Some(found) = constraints(kube)?.find(verifies) else { return Ok(Guard::Nothing) };
    let text = format!("constraint {} {}", found.kind, found.metadata.name);
    Ok(if webhooks::runs("Gatekeeper", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

/// Constraints that deny.
fn constraints(kube: &Kube) -> Result<impl Iterator<Item = &PolicyObject>, Gap> {
    let objects = kube.policy_objects.known()?.iter();
    Ok(objects.filter(|it| is_constraint(it) && action(&it.spec).is_none()))
}

/// Whether an object is a constraint.
pub(super) fn is_constraint(it: &PolicyObject) -> bool {
    it.api_version.starts_with(GROUP)
}

/// The action of a constraint that does not deny, which is the default.
pub(super) fn action(spec: &Value) -> Option<String> {
    match spec["enforcementAction"].as_str().unwrap_or("deny") {
        "deny" => None,
        "scoped" => {
            let scoped = spec["scopedEnforcementActions"].as_array();
            let denies = |it: &Value| it["action"] == "deny" && is_at_admission(it);
            let denies = scoped.into_iter().flatten().any(denies);
            (!denies).then(|| "no scopedEnforcementActions deny at admission".to_owned())
        }
        action => Some(format!("enforcementAction: {action}")),
    }
}

fn is_at_admission(action: &Value) -> bool {
    let points = action["enforcementPoints"].as_array();
    let mut names = points.into_iter().flatten().filter_map(|it| it["name"].as_str());
    names.any(|it| matches!(it, "*" | "validation.gatekeeper.sh" | "vap.k8s.io"))
}

/// Whether a constraint leaves a namespace out by its name or labels.
pub(super) fn leaves_out(spec: &Value, place: Place<'_>) -> bool {
    let scope = &spec["match"];
    let listed = |list: &Value| {
        let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.into_iter().any(|it| glob(it, place.name))
    };
    !is_empty(&scope["namespaces"]) && !listed(&scope["namespaces"])
        || listed(&scope["excludedNamespaces"])
        || selector(&scope["namespaceSelector"]).is_some_and(|it| !it.matches(place.labels))
}

/// Prefixes of allowed repositories under which look-alikes pass: `registry.example.com/shop` admits
/// `registry.example.com/shop-evil`, too.
pub(super) fn loose_prefixes(it: &PolicyObject) -> Vec<&str> {
    if !is_constraint(it) || it.kind != "K8sAllowedRepos" {
        return Vec::new();
    }
    let repos = it.spec["parameters"]["repos"].as_array().into_iter().flatten();
    let repos = repos.filter_map(Value::as_str);
    repos.filter(|it| !it.ends_with('/') && !it.contains("@sha256:")).collect()
}

fn constraint(it: &PolicyObject, place: Place<'_>) -> Guard {
    let (spec, scope) = (&it.spec, &it.spec["match"]);
    let name = format!("constraint {} {}", it.kind, it.metadata.name);
    let guard = match it.kind.as_str() {
        STOPS_PRIVILEGED => Guard::Stops(name),
        kind if OTHERS.iter().any(|it| kind.starts_with(it)) => return Guard::Nothing,
        _ => Guard::Maybe(format!("{name}, whose template is not read")),
    };
    if leaves_out(spec, place) || !on_pods(&scope["kinds"]) {
        return Guard::Nothing;
    }
    let narrow = [
        ("labelSelector", &scope["labelSelector"]),
        ("name", &scope["name"]),
        ("exemptImages", &spec["parameters"]["exemptImages"]),
        ("scopedEnforcementActions", &spec["scopedEnforcementActions"]),
    ];
    match narrow.iter().find(|(_, it)| !is_empty(it)) {
        Some((what, _)) => narrowed(guard, what),
        None => guard,
    }
}

/// No kinds at all means every kind.
fn on_pods(kinds: &Value) -> bool {
    let has = |list: &Value, value: &str| {
        let mut names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.any(|it| it == value || it == "*")
    };
    is_empty(kinds)
        || kinds
            .as_array()
            .into_iter()
            .flatten()
            .any(|it| has(&it["apiGroups"], "") && has(&it["kinds"], "Pod"))
}
