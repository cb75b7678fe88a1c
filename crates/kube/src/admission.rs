//! What admission stops in a namespace: Pod Security labels, admission policies and policy engines.
//!
//! Answers have three values. An engine whose rule is not understood may stop privileged pods; it never proves
//! that they are stopped, nor that they are not.

mod cel;
mod gatekeeper;
mod kyverno;
mod webhooks;

use eksray_rule::Gap;

use crate::{
    inventory::{Kube, cluster::Namespace, meta::Labels},
    pod_security::{Enforced, Level},
};

/// Whether something stops privileged pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// By a rule that is understood: what it is.
    Stops(String),
    /// By a rule that is not understood, or only in part: what it is.
    Maybe(String),
    /// Nothing does.
    Nothing,
}

/// The namespace that a rule is asked about.
#[derive(Clone, Copy)]
struct Place<'a> {
    name: &'a str,
    labels: &'a Labels,
    /// What must be stopped: privileged pods, or all that level restricted refuses.
    level: Level,
}

/// Whether privileged pods are stopped in a namespace. What is proven stands beside what could not be read.
pub fn guard(namespace: &Namespace, kube: &Kube) -> Result<Guard, Gap> {
    if Enforced::of(&namespace.metadata.labels).level > Level::Privileged {
        let label = "pod-security.kubernetes.io/enforce";
        let level = namespace.metadata.labels.get(label).map_or("", String::as_str);
        return Ok(Guard::Stops(format!("label {label} is {level}")));
    }
    let labels = all_labels(namespace);
    let place = Place { name: &namespace.metadata.name, labels: &labels, level: Level::Baseline };
    strongest([
        cel::guard(place, kube),
        kyverno::guard(place, kube),
        gatekeeper::guard(place, kube),
        webhooks::guard(place, kube),
    ])
}

/// Whether a policy stops all that level restricted refuses. Only Kyverno names the level as a whole.
pub fn guard_restricted(namespace: &Namespace, kube: &Kube) -> Result<Guard, Gap> {
    let labels = all_labels(namespace);
    let name = &namespace.metadata.name;
    kyverno::guard(Place { name, labels: &labels, level: Level::Restricted }, kube)
}

/// With the label that the API server sets on every namespace.
fn all_labels(namespace: &Namespace) -> Labels {
    let mut labels = namespace.metadata.labels.clone();
    labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.metadata.name.clone());
    labels
}

/// Whether the cluster has any policy that denies anything: proof of an engine in use.
pub fn enforces_anything(kube: &Kube) -> Result<Guard, Gap> {
    strongest([
        cel::enforcing(kube),
        kyverno::enforcing(kube),
        gatekeeper::enforcing(kube),
        webhooks::other_engine(kube),
    ])
}

fn strongest(answers: impl IntoIterator<Item = Result<Guard, Gap>>) -> Result<Guard, Gap> {
    let (mut best, mut unread) = (Guard::Nothing, None);
    for answer in answers {
        match answer {
            Ok(guard) => best = best.min(guard),
            Err(gap) => unread = unread.or(Some(gap)),
        }
    }
    match (best, unread) {
        (best @ Guard::Stops(_), _) | (best, None) => Ok(best),
        (_, Some(gap)) => Err(gap),
    }
}

/// Whether a text names the field `privileged`; `allowPrivilegeEscalation` is another one.
fn names_privileged(text: &str) -> bool {
    text.contains("privileged")
}

/// A rule that names the field: understood when it looks at init containers too, which run first and need it least.
fn by_text(rule: String, text: &str) -> Guard {
    match text {
        _ if !names_privileged(text) => Guard::Nothing,
        _ if text.contains("initContainers") => Guard::Stops(rule),
        _ => Guard::Maybe(format!("{rule}, which does not name initContainers")),
    }
}

/// A guard that something narrows is no proof.
fn narrowed(guard: Guard, by: &str) -> Guard {
    match guard {
        Guard::Stops(rule) => Guard::Maybe(format!("{rule}, narrowed by {by}")),
        other => other,
    }
}

/// `*` anywhere and `?`, as Kyverno and Gatekeeper write names.
fn glob(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(it) if *it == b'?' || *it == name[from] => {
                at += 1;
                from += 1;
            }
            // The last `*` takes one more byte.
            _ => match star {
                None => return false,
                Some((star_at, taken)) => {
                    star = Some((star_at, taken + 1));
                    at = star_at + 1;
                    from = taken + 1;
                }
            },
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::from_manifests;

    const KYVERNO: &str = "
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: kyverno-resource-validating-webhook-cfg }
webhooks:
  - name: validate.kyverno.svc-fail
    clientConfig: { service: { namespace: kyverno, name: kyverno-svc } }
    namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system] }] }
    rules: [{ operations: [CREATE], apiGroups: [''], resources: [pods] }]
";
    const GATEKEEPER: &str = "
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: { name: gatekeeper-validating-webhook-configuration }
webhooks:
  - name: validation.gatekeeper.sh
    clientConfig: { service: { namespace: gatekeeper-system, name: gatekeeper-webhook-service } }
    rules: [{ operations: [CREATE, UPDATE], apiGroups: ['*'], resources: ['*'] }]
";

    /// `stops`, `maybe` or `nothing` for namespaces `shop` (label `team: shop`) and `kube-system`.
    fn ask(manifests: &str) -> [&'static str; 2] {
        let kube = from_manifests(manifests).unwrap();
        ["shop", "kube-system"].map(|name| {
            let mut namespace = Namespace::default();
            namespace.metadata.name = name.to_owned();
            namespace.metadata.labels.insert("team".to_owned(), name.to_owned());
            match guard(&namespace, &kube).unwrap() {
                Guard::Stops(_) => "stops",
                Guard::Maybe(_) => "maybe",
                Guard::Nothing => "nothing",
            }
        })
    }

    fn kyverno(spec: &str) -> [&'static str; 2] {
        let kind = "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: p}, spec: ";
        ask(&format!("{kind}{spec}}}\n{KYVERNO}"))
    }

    #[test]
    fn kyverno_policies_count_by_action_match_and_rule() {
        let any = "match: {any: [{resources: {kinds: [Pod]}}]}";
        let pod_security = "validate: {podSecurity: {level: baseline, version: latest}}";
        let pattern = "validate: {pattern: {spec: {'=(initContainers)': [{'=(securityContext)': {'=(privileged)': 'false'}}], containers: [{'=(securityContext)': {'=(privileged)': 'false'}}]}}}";
        let main_only = "validate: {pattern: {spec: {containers: [{'=(securityContext)': {'=(privileged)': 'false'}}]}}}";
        for (action, rest, shop) in [
            ("Enforce", format!("{any}, {pod_security}"), "stops"),
            ("enforce", format!("{any}, {pattern}"), "stops"),
            ("Enforce", format!("{any}, {main_only}"), "maybe"),
            ("Audit", format!("{any}, {pod_security}"), "nothing"),
            (
                "Audit",
                format!(
                    "{any}, validate: {{failureAction: Enforce, podSecurity: {{level: restricted}}}}"
                ),
                "stops",
            ),
            (
                "Enforce",
                format!(
                    "{any}, preconditions: {{all: [{{key: a, operator: Equals, value: b}}]}}, {pod_security}"
                ),
                "maybe",
            ),
            (
                "Enforce",
                format!(
                    "{any}, exclude: {{any: [{{resources: {{namespaces: ['sh*']}}}}]}}, {pod_security}"
                ),
                "nothing",
            ),
            (
                "Enforce",
                format!(
                    "{any}, exclude: {{any: [{{resources: {{kinds: [Pod], selector: {{matchLabels: {{a: b}}}}}}}}]}}, {pod_security}"
                ),
                "maybe",
            ),
            (
                "Enforce",
                format!(
                    "match: {{any: [{{resources: {{kinds: [Pod], namespaces: [other]}}}}]}}, {pod_security}"
                ),
                "nothing",
            ),
            (
                "Enforce",
                format!(
                    "match: {{any: [{{resources: {{kinds: [Pod], namespaceSelector: {{matchLabels: {{team: shop}}}}}}}}]}}, {pod_security}"
                ),
                "stops",
            ),
            (
                "Enforce",
                format!("match: {{resources: {{kinds: [Deployment]}}}}, {pod_security}"),
                "nothing",
            ),
            (
                "Enforce",
                format!(
                    "{any}, validate: {{podSecurity: {{level: baseline, exclude: [{{controlName: Privileged Containers}}]}}}}"
                ),
                "maybe",
            ),
            (
                "Enforce",
                format!("{any}, validate: {{pattern: {{metadata: {{labels: {{team: '?*'}}}}}}}}"),
                "nothing",
            ),
        ] {
            let spec =
                format!("{{validationFailureAction: {action}, rules: [{{name: r, {rest}}}]}}");
            assert_eq!(kyverno(&spec)[0], shop, "{spec}");
        }
        let spec = format!(
            "{{validationFailureAction: Enforce, rules: [{{name: r, {any}, {pod_security}}}]}}"
        );
        assert_eq!(kyverno(&spec), ["stops", "nothing"], "the webhook leaves kube-system out");
        let alone = format!(
            "{{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {{name: p}}, spec: {spec}}}"
        );
        assert_eq!(ask(&alone), ["nothing"; 2], "no webhook, no engine");
    }

    #[test]
    fn gatekeeper_constraints_count_by_kind_action_and_match() {
        let pods = "kinds: [{apiGroups: [''], kinds: [Pod]}]";
        for (kind, spec, expected) in [
            ("K8sPSPPrivilegedContainer", format!("{{match: {{{pods}}}}}"), ["stops"; 2]),
            ("K8sPSPPrivilegedContainer", "{}".to_owned(), ["stops"; 2]),
            (
                "K8sPSPPrivilegedContainer",
                format!("{{match: {{{pods}, excludedNamespaces: ['kube-*']}}}}"),
                ["stops", "nothing"],
            ),
            (
                "K8sPSPPrivilegedContainer",
                format!("{{match: {{{pods}, namespaces: [kube-system]}}}}"),
                ["nothing", "stops"],
            ),
            (
                "K8sPSPPrivilegedContainer",
                format!("{{enforcementAction: dryrun, match: {{{pods}}}}}"),
                ["nothing"; 2],
            ),
            (
                "K8sPSPPrivilegedContainer",
                format!("{{match: {{{pods}}}, parameters: {{exemptImages: ['a/*']}}}}"),
                ["maybe"; 2],
            ),
            (
                "K8sPSPPrivilegedContainer",
                format!("{{match: {{{pods}, labelSelector: {{matchLabels: {{a: b}}}}}}}}"),
                ["maybe"; 2],
            ),
            ("K8sRequiredLabels", format!("{{match: {{{pods}}}}}"), ["nothing"; 2]),
            ("ShopBaseline", format!("{{match: {{{pods}}}}}"), ["maybe"; 2]),
            (
                "ShopBaseline",
                "{match: {kinds: [{apiGroups: [apps], kinds: [Deployment]}]}}".to_owned(),
                ["nothing"; 2],
            ),
        ] {
            let head = format!(
                "{{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: {kind}, metadata: {{name: c}}, spec: "
            );
            assert_eq!(ask(&format!("{head}{spec}}}\n{GATEKEEPER}")), expected, "{kind} {spec}");
        }
    }

    #[test]
    fn admission_policies_count_by_binding_match_and_expression() {
        let policy = |constraints: &str, rest: &str, expression: &str| {
            format!("
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{ name: p }}
spec:
  matchConstraints: {{ resourceRules: [{{ apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [{constraints}] }}] }}
  {rest}
  validations: [{{ expression: '{expression}' }}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{ name: b }}
spec: ")
        };
        let both = "(object.spec.containers + object.spec.initContainers).all(c, !c.securityContext.privileged)";
        let deny = "{policyName: p, validationActions: [Deny]}";
        for (constraints, rest, expression, binding, expected) in [
            ("pods", "", both, deny, ["stops"; 2]),
            ("pods", "", both, "{policyName: p, validationActions: [Warn, Audit]}", ["nothing"; 2]),
            ("pods", "", both, "{policyName: other, validationActions: [Deny]}", ["nothing"; 2]),
            ("deployments", "", both, deny, ["nothing"; 2]),
            (
                "pods",
                "",
                "object.spec.containers.all(c, !c.securityContext.privileged)",
                deny,
                ["maybe"; 2],
            ),
            ("pods", "", "object.spec.hostNetwork != true", deny, ["nothing"; 2]),
            ("pods", "matchConditions: [{name: a, expression: 'true'}]", both, deny, ["maybe"; 2]),
            (
                "pods",
                "",
                both,
                "{policyName: p, validationActions: [Deny], matchResources: {namespaceSelector: {matchLabels: {team: shop}}}}",
                ["stops", "nothing"],
            ),
            (
                "pods",
                "",
                both,
                "{policyName: p, validationActions: [Deny], matchResources: {objectSelector: {matchLabels: {a: b}}}}",
                ["maybe"; 2],
            ),
        ] {
            let manifests = policy(constraints, rest, expression) + binding;
            assert_eq!(ask(&manifests), expected, "{manifests}");
        }
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("kube-*", "kube-system", true),
            ("*", "", true),
            ("*-system", "kube-system", true),
            ("sh?p", "shop", true),
            ("shop", "shops", false),
            ("*é*", "café", true),
            ("k*m*x", "kube-system", false),
        ] {
            assert_eq!(glob(pattern, name), expected, "{pattern} {name}");
        }
    }
}
