//! Known components are not blamed for what they need: runs every rule over the manifests in the folder that
//! `EKSRAY_CORPUS` names, else over those beside the checkout, one cluster per file, and fails on findings of medium
//! severity and above. Without either there is nothing to run.

#![expect(clippy::unwrap_used, reason = "a test, helpers included")]

use std::{collections::BTreeSet, fs, path::Path};

use eksray_kube::{decode::from_manifests, inspect, inventory::Kube};
use eksray_rule::{ClusterId, Judgement, Outcome, Settings, Severity};
use jiff::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// Rules about pods, their parts and their rights, and about what add-ons bring with them, which this corpus is about.
const FAMILIES: &[&str] = &[
    "admission-policy-",
    "admission-webhook-",
    "cluster-admin-",
    "container-",
    "ingress-",
    "pod-",
    "rbac-",
    "sa-",
    "secret-",
    "service-external-",
    "volume-",
    "workload-",
];

/// True of the manifest, and worth telling the cluster's owner: agents that ask for the whole kubelet API to read
/// metrics, a chart's job that may patch every Deployment of its namespace, a webhook that fails open unless it is
/// told otherwise, what is retired or controls the cluster, a file of long-lived keys.
const TRUE: &[(&str, &str)] = &[
    ("admission-webhook-fails-open", "gatekeeper.yaml"),
    ("cluster-admin-tool-present", "kubernetes-dashboard.yaml"),
    ("ingress-nginx-unsafe", "ingress-nginx.yaml"),
    ("rbac-node-proxy", "adot-container-insights.yaml"),
    ("rbac-node-proxy", "datadog.yaml"),
    ("rbac-node-proxy", "splunk-otel-collector.yaml"),
    ("rbac-creates-pods", "grafana-k8s-monitoring.yaml"),
    ("secret-aws-keys-in-pod", "velero.yaml"),
];

#[test]
fn components_are_not_blamed_for_what_they_need() {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/addons");
    let folder = std::env::var("EKSRAY_CORPUS").unwrap_or_else(|_| beside.to_owned());
    if !Path::new(&folder).is_dir() {
        return;
    }
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|it| it == "yaml") {
            found.extend(findings(&path));
        }
    }
    let text: Vec<&str> = found.iter().map(String::as_str).collect();
    println!("{}", text.join("\n"));
    let bad: Vec<&&str> = text.iter().filter(|it| !it.starts_with("low")).collect();
    assert!(bad.is_empty(), "{} findings: {bad:#?}", bad.len());
}

fn findings(path: &Path) -> Vec<String> {
    let file = path.file_name().unwrap().to_str().unwrap().to_owned();
    let kube = tolerant(&fs::read_to_string(path).unwrap());
    let cluster = ClusterId("arn:aws:eks:eu-west-1:123456789012:cluster/corpus".to_owned());
    let settings = Settings::default();
    inspect(&cluster, &kube, NOW, |_| &settings)
        .into_iter()
        .filter(|it| FAMILIES.iter().any(|family| it.rule.id.starts_with(family)))
        .filter(|it| it.rule.severity >= Severity::Low)
        .filter(|it| TRUE.iter().all(|known| *known != (it.rule.id, file.as_str())))
        .filter_map(|Outcome { rule, subject, verdict, .. }| match verdict {
            Ok(Judgement::Fail { facts, .. }) if is_about_what_operators_make(&facts) => None,
            Ok(Judgement::Fail { facts, .. }) => Some(format!(
                "{} {} {} {file}: {}",
                rule.severity,
                rule.id,
                subject.short(),
                facts.join("; ")
            )),
            Ok(_) => None,
            Err(gap) => Some(format!("unknown {} {} {file}: {gap}", rule.id, subject.short())),
        })
        .collect()
}

/// Pods that an operator makes of its own objects stand in no manifest.
fn is_about_what_operators_make(facts: &[String]) -> bool {
    facts.iter().all(|it| it == "it selects no workload")
}

/// Leaves out documents of kinds that no rule reads. What is installed with `--namespace` gets the namespace here;
/// kinds that live in none do not mind.
fn tolerant(text: &str) -> Kube {
    let namespace = text.lines().find_map(|it| it.trim().strip_prefix("namespace: "));
    let mut read = Vec::new();
    for mut document in serde_saphyr::from_multiple::<Value>(text).unwrap() {
        let Some(metadata) = document["metadata"].as_object_mut() else { continue };
        metadata.entry("namespace").or_insert(json!(namespace.unwrap_or("default")));
        match from_manifests(&document.to_string()) {
            Ok(_) => read.push(document.to_string()),
            Err(why) => assert!(why.starts_with("no rule reads"), "{why}: {document}"),
        }
    }
    from_manifests(&read.join("\n---\n")).unwrap()
}
