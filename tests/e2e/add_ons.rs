//! What runs on most clusters, as its makers publish it, is applied to real API servers and scanned.
//!
//! Every finding of medium severity and above was gone through: it is in [`RIGHT`], with the reason why a maintainer
//! would agree, or it is gone. The manifests are not ours to hand on: they lie beside the checkout, or where
//! `EKSRAY_CORPUS` says, or there is nothing to do.

use std::{
    collections::BTreeSet,
    env,
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;
use tests::{binary, root};

/// Rule, part of the subject, and why it is right.
const RIGHT: &[(&str, &str, &str)] = &[
    ("admission-engine-missing", "kube:", "on the second cluster nothing enforces anything"),
    (
        "admission-webhook-fails-open",
        "/gatekeeper-",
        "as published, it lets everything in when it is down",
    ),
    (
        "cluster-admin-tool-present",
        "/kubernetes-dashboard",
        "it acts on the cluster and is archived",
    ),
    ("ingress-nginx-unsafe", "/ingress-nginx-controller", "retired"),
    ("namespace-pod-security-unenforced", "core/Namespace/", "no manifest labels its namespace"),
    ("netpol-namespace-bare", "core/Namespace/", "these come without policies"),
    (
        "rbac-creates-pods",
        "k8smon-k8s-monitoring-",
        "jobs of the chart that may patch every Deployment beside them",
    ),
    ("rbac-node-proxy", "aoc-agent-role-binding", "the whole kubelet API, to read metrics"),
    ("rbac-node-proxy", "ClusterRoleBinding//datadog#", "the same"),
    ("rbac-node-proxy", "default-splunk-otel-collector", "the same"),
    ("secret-aws-keys-in-pod", "/velero/", "a file of long-lived keys where a role would do"),
    (
        "workload-pdb-blocks-eviction",
        "/monitoring/",
        "the operator that makes these pods does not run here",
    ),
];

pub(crate) fn add_ons_are_not_blamed_for_what_they_need() {
    let beside = root().join("../shared/corpus/addons");
    let folder = env::var("EKSRAY_CORPUS").map_or(beside, PathBuf::from);
    if !folder.is_dir() {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let mut serving = Command::new(root().join(".venv/bin/python"))
        .args(["-m", "manifests"])
        .args([&folder, &state.path().to_owned()])
        .env("PYTHONPATH", root().join("localstack"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(serving.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let clusters: Vec<Value> = serde_json::from_str(&told).expect("the manifests are applied");
    let findings: Vec<Value> = clusters.iter().flat_map(|it| scan(&it["kubeconfig"])).collect();
    drop(serving.stdin.take());
    assert!(serving.wait().unwrap().success());

    let mut right = BTreeSet::new();
    let mut wrong = Vec::new();
    for it in findings.iter().filter(|it| !matches!(text(it, "severity"), "low" | "info")) {
        let (rule, subject) = (text(it, "rule"), text(it, "subject"));
        let known = RIGHT.iter().find(|known| known.0 == rule && subject.contains(known.1));
        match (known, text(it, "status")) {
            (Some(known), "open") => drop(right.insert(known)),
            (None, "open") => wrong.push(format!("{rule} {subject}: {}", it["facts"])),
            (_, "unknown") => wrong.push(format!("unknown: {rule} {subject}")),
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} findings nobody went through:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let gone: Vec<_> = RIGHT.iter().filter(|it| !right.contains(it)).collect();
    assert!(gone.is_empty(), "no longer found: {gone:?}");
}

fn scan(kubeconfig: &Value) -> Vec<Value> {
    let path = kubeconfig.as_str().unwrap();
    let ran = binary::eksray(["scan", "--quiet", "--kubeconfig", path, "--format", "json"]);
    ran.json()["findings"].as_array().unwrap().clone()
}

fn text<'a>(finding: &'a Value, field: &str) -> &'a str {
    finding[field].as_str().unwrap()
}
