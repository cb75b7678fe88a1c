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
    let best = guards.min().unwrap_or(Guard::Nothing);
    if best == Guard::Nothing || webhooks::sees("gatekeeper", place, kube)? {
        return Ok(best);
    }
    Ok(Guard::Nothing)
}

/// Any constraint that denies.
pub(super) fn enforcing(kube: &Kube) -> Result<Guard, Gap> {
    let Some(found) = constraints(kube)?.next() else { return Ok(Guard::Nothing) };
    let text = format!("constraint {} {} denies", found.kind, found.metadata.name);
    Ok(if webhooks::runs("gatekeeper", kube)? { Guard::Stops(text) } else { Guard::Nothing })
}

/// Constraints that deny: the default action.
fn constraints(kube: &Kube) -> Result<impl Iterator<Item = &PolicyObject>, Gap> {
    let action =
        |it: &PolicyObject| it.spec["enforcementAction"].as_str().unwrap_or("deny").to_owned();
    let objects = kube.policy_objects.known()?.iter();
    Ok(objects.filter(move |it| {
        it.api_version.starts_with(GROUP) && matches!(action(it).as_str(), "deny" | "scoped")
    }))
}

fn constraint(it: &PolicyObject, place: Place<'_>) -> Guard {
    let (spec, scope) = (&it.spec, &it.spec["match"]);
    let name = format!("constraint {} {}", it.kind, it.metadata.name);
    let guard = match it.kind.as_str() {
        STOPS_PRIVILEGED => Guard::Stops(name),
        kind if OTHERS.iter().any(|it| kind.starts_with(it)) => return Guard::Nothing,
        _ => Guard::Maybe(format!("{name}, whose template is not read")),
    };
    let listed = |list: &Value| {
        let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.into_iter().any(|it| glob(it, place.name))
    };
    let selected = selector(&scope["namespaceSelector"]).is_none_or(|it| it.matches(place.labels));
    let left_out = !is_empty(&scope["namespaces"]) && !listed(&scope["namespaces"])
        || listed(&scope["excludedNamespaces"])
        || !selected
        || !on_pods(&scope["kinds"]);
    if left_out {
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
