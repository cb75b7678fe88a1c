//! Whether a policy is in force, or only says that it would be.

use eksray_rule::Gap;
use serde_json::Value;

use super::{Place, PolicyRef, cel, gatekeeper, kyverno, labels_of};
use crate::{
    inventory::{
        Kube,
        admission::{Policy, PolicyBinding},
        cluster::Namespace,
    },
    pod_security::Level,
};

/// What a policy does with what breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Force {
    /// Denies it.
    Denies,
    /// Lets it in: what says so.
    Reports(Vec<String>),
    /// Nothing: it changes or makes objects.
    JudgesNothing,
}

/// Whether a policy denies anything.
///
/// # Errors
/// Bindings of a ValidatingAdmissionPolicy that were not read.
pub fn force(policy: PolicyRef<'_>, kube: &Kube) -> Result<Force, Gap> {
    match policy {
        PolicyRef::Built(policy) => built(policy, kube),
        PolicyRef::Object(it) if gatekeeper::is_constraint(it) => {
            Ok(gatekeeper::action(&it.spec).map_or(Force::Denies, |it| Force::Reports(vec![it])))
        }
        PolicyRef::Object(it) if it.api_version.starts_with("policies.kyverno.io/") => {
            Ok(written_in_cel(&it.spec))
        }
        PolicyRef::Object(it) => Ok(by_rules(&it.spec)),
    }
}

fn built(policy: &Policy, kube: &Kube) -> Result<Force, Gap> {
    let bindings: Vec<&PolicyBinding> = bindings(policy, kube)?.collect();
    if bindings.iter().any(|it| cel::denies(it)) {
        return Ok(Force::Denies);
    }
    let say = |it: &&PolicyBinding| {
        let actions = it.spec.validation_actions.join(", ");
        format!("binding {} has validationActions: {actions}", it.metadata.name)
    };
    Ok(Force::Reports(match bindings.as_slice() {
        [] => vec!["no binding puts it in force".to_owned()],
        bindings => bindings.iter().map(say).collect(),
    }))
}

fn bindings<'a>(
    policy: &'a Policy,
    kube: &'a Kube,
) -> Result<impl Iterator<Item = &'a PolicyBinding>, Gap> {
    let all = kube.validating_policy_bindings.known()?.iter();
    Ok(all.filter(|it| it.spec.policy_name == policy.metadata.name))
}

fn written_in_cel(spec: &Value) -> Force {
    if spec["evaluation"]["admission"]["enabled"] == false {
        return Force::Reports(vec!["evaluation.admission.enabled: false".to_owned()]);
    }
    if kyverno::denies(spec) {
        return Force::Denies;
    }
    Force::Reports(vec![format!("validationActions: {}", spec["validationActions"])])
}

fn by_rules(spec: &Value) -> Force {
    // `deny` without conditions denies always.
    let judges = |it: &&Value| {
        it["validate"]["deny"].is_object()
            || !cel::is_empty(&it["validate"])
            || !cel::is_empty(&it["verifyImages"])
    };
    let mut rules = kyverno::rules(spec).filter(judges).peekable();
    if rules.peek().is_none() {
        return Force::JudgesNothing;
    }
    if spec["admission"] == false {
        return Force::Reports(vec!["admission: false".to_owned()]);
    }
    if rules.any(|it| kyverno::is_enforced(spec, it)) {
        return Force::Denies;
    }
    Force::Reports(vec![match spec["validationFailureAction"].as_str() {
        Some(action) => format!("validationFailureAction: {action}"),
        None => "no failureAction, which means Audit".to_owned(),
    }])
}

/// What takes a namespace out of a policy that denies, if anything does.
///
/// # Errors
/// Bindings or exceptions that were not read.
pub fn left_out(
    policy: PolicyRef<'_>,
    namespace: &Namespace,
    kube: &Kube,
) -> Result<Option<String>, Gap> {
    let labels = labels_of(namespace);
    let place = Place { name: &namespace.metadata.name, labels: &labels, level: Level::Baseline };
    Ok(match policy {
        PolicyRef::Object(it) if gatekeeper::is_constraint(it) => {
            gatekeeper::leaves_out(&it.spec, place).then(|| "match of the constraint".to_owned())
        }
        PolicyRef::Object(it) => kyverno::leaves_out(it, place, kube.policy_objects.known()?),
        PolicyRef::Built(policy) => {
            let mut denying = bindings(policy, kube)?.filter(|it| cel::denies(it));
            let selects = |it: &PolicyBinding| {
                let resources = it.spec.match_resources.as_ref();
                resources.is_none_or(|it| it.namespace_selector.matches(place.labels))
            };
            (!denying.any(selects)).then(|| "namespaceSelector of its bindings".to_owned())
        }
    })
}

/// Prefixes of allowed repositories under which look-alikes pass.
pub fn loose_prefixes(policy: PolicyRef<'_>) -> Vec<&str> {
    match policy {
        PolicyRef::Object(it) => gatekeeper::loose_prefixes(it),
        PolicyRef::Built(_) => Vec::new(),
    }
}
