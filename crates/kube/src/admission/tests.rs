//! Policies by action, match and rule, and who sees them.

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
        let spec = format!("{{validationFailureAction: {action}, rules: [{{name: r, {rest}}}]}}");
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
fn the_first_override_that_fits_the_namespace_decides() {
    let rule = "rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {podSecurity: {level: baseline}}}]";
    for (actions, shop) in [
        (
            "validationFailureAction: Audit, validationFailureActionOverrides: [{action: Enforce, namespaces: [sh*]}]",
            "stops",
        ),
        (
            "validationFailureAction: Enforce, validationFailureActionOverrides: [{action: Audit, namespaces: [shop]}]",
            "nothing",
        ),
        (
            "validationFailureAction: Enforce, validationFailureActionOverrides: [{action: Audit, namespaces: [other]}]",
            "stops",
        ),
        (
            "validationFailureAction: Enforce, validationFailureActionOverrides: [{action: Audit, namespaceSelector: {matchLabels: {team: shop}}}]",
            "nothing",
        ),
    ] {
        assert_eq!(kyverno(&format!("{{{actions}, {rule}}}"))[0], shop, "{actions}");
    }
}

#[test]
fn a_webhook_that_sees_some_pods_proves_nothing() {
    let policy = "{apiVersion: kyverno.io/v1, kind: ClusterPolicy, metadata: {name: p}, spec: {validationFailureAction: Enforce, \
        rules: [{name: r, match: {any: [{resources: {kinds: [Pod]}}]}, validate: {podSecurity: {level: baseline}}}]}}";
    let seen = |narrow: &str| {
        let webhook = KYVERNO.replace("    rules:", &format!("    {narrow}\n    rules:"));
        ask(&format!("{policy}\n{webhook}"))[0]
    };
    assert_eq!(seen("timeoutSeconds: 5"), "stops");
    assert_eq!(seen("objectSelector: { matchLabels: { guarded: 'yes' } }"), "maybe");
    assert_eq!(seen("matchConditions: [{ name: a, expression: 'true' }]"), "maybe");
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
