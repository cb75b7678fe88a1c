//! The Pod Security engine beside the API server's own admission: the same answers to thousands of generated pods.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use eksray_kube::{
    inventory::workload::Pod,
    pod_security::{Enforced, violations},
};
use serde::Deserialize;
use serde_json::Value;
use tests::root;

/// What `localstack/pod_security` writes.
#[derive(Deserialize)]
struct Answers {
    /// Minor version of the API server.
    minor: u32,
    /// How many pods the API server did not take for pods.
    invalid: usize,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    /// As the API server answers it.
    pod: Value,
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    level: String,
    version: String,
    /// The reasons it gives; none when it admits the pod.
    refused: BTreeSet<String>,
}

/// Every control of both levels must have refused something, and every pod must have been judged alike.
pub(crate) fn the_api_server_judges_pods_alike() {
    let answers = ask();
    assert!(answers.cases.len() >= 2000, "{} invalid", answers.invalid);
    let (mut wrong, mut refusals) = (Vec::new(), BTreeMap::<&str, u32>::new());
    for case in &answers.cases {
        let pod = Pod::deserialize(&case.pod).unwrap();
        for answer in &case.answers {
            let theirs: BTreeSet<&str> = answer.refused.iter().map(|it| control(it)).collect();
            let ours = ours(&pod, answer, answers.minor);
            for it in &theirs {
                *refusals.entry(it).or_default() += 1;
            }
            if ours != theirs {
                let spec = &case.pod["spec"];
                wrong.push(format!(
                    "at {}:{} the API server refuses {:?}, eksray {ours:?}: {:?} {spec}",
                    answer.level, answer.version, theirs, pod.metadata.annotations
                ));
            }
        }
    }
    wrong.sort_by_key(String::len);
    assert!(wrong.is_empty(), "{} times, the smallest: {}", wrong.len(), wrong[0]);
    assert_eq!(refusals.len(), 16, "a control that refuses nothing is not tested: {refusals:?}");
}

fn ask() -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let built = Command::new(root().join("scripts/local-eks")).arg("build").status().unwrap();
    assert!(built.success(), "the API server cannot be built");
    let out = folder.path().join("answers.json");
    let mut asking = Command::new(root().join(".venv/bin/python"));
    asking.args(["-m", "pod_security"]).args([&folder.path().join("state"), &out]);
    let asked = asking.env("PYTHONPATH", root().join("localstack")).status().unwrap();
    assert!(asked.success(), "the API server was not asked");
    read(&out)
}

fn read(path: &Path) -> Answers {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn ours(pod: &Pod, answer: &Answer, server: u32) -> BTreeSet<&'static str> {
    let label =
        |name: &str, value: &str| (format!("pod-security.kubernetes.io/{name}"), value.to_owned());
    let labels = [label("enforce", &answer.level), label("enforce-version", &answer.version)];
    let enforced = Enforced::of(&labels.into());
    let version = enforced.policy_version(server);
    let found = violations(&pod.spec, &pod.metadata.annotations, enforced.level, version);
    found.into_iter().map(|it| it.control).collect()
}

/// The control that gives a reason.
fn control(reason: &str) -> &str {
    match reason {
        "allowPrivilegeEscalation != false" => "allowPrivilegeEscalation",
        "forbidden AppArmor profile" | "forbidden AppArmor profiles" => "appArmorProfile",
        "forbidden sysctls" => "sysctls",
        "host namespaces" => "hostNamespaces",
        "hostPath volumes" => "hostPathVolumes",
        "hostPort" => "hostPorts",
        "hostProcess" => "windowsHostProcess",
        "non-default capabilities" | "unrestricted capabilities" => "capabilities",
        "probe or lifecycle host" => "hostProbesAndHostLifecycle",
        "restricted volume types" => "restrictedVolumes",
        "runAsNonRoot != true" => "runAsNonRoot",
        "runAsUser=0" => "runAsUser",
        same => same,
    }
}
