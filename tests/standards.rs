//! The Pod Security engine against the fixtures with which Kubernetes tests its own admission: thousands of pods, each written
//! for one control of one version, to pass or to fail. They come with a Go module that the local API server is built of.

use std::{fs, path::Path, process::Command};

use eksray_kube::{
    inventory::workload::Pod,
    pod_security::{Level, violations},
};
use serde_json::Value;
use tests::root;

#[test]
fn the_fixtures_of_kubernetes_are_judged_as_it_judges_them() {
    let folder = module("k8s.io/pod-security-admission");
    let mut wrong = Vec::new();
    let mut judged = 0;
    for (name, level) in [("baseline", Level::Baseline), ("restricted", Level::Restricted)] {
        for version in list(&Path::new(&folder).join("test/testdata").join(name)) {
            let minor = version.rsplit_once("v1.").unwrap().1.parse().unwrap();
            for (kind, passes) in [("pass", true), ("fail", false)] {
                for file in list(&Path::new(&version).join(kind)) {
                    let pod: Pod = serde_saphyr::from_str(&fs::read_to_string(&file).unwrap())
                        .unwrap_or_else(|it| panic!("{file}: {it}"));
                    let found = violations(&pod.spec, &pod.metadata.annotations, level, minor);
                    judged += 1;
                    if found.is_empty() != passes {
                        wrong.push(format!("{file}: {found:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {judged}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(judged > 4000, "{judged} are not all of them");
}

/// Where Go keeps a module, in the version that `go.sum` pins; fetched if it is not there yet.
fn module(path: &str) -> String {
    let output = Command::new(root().join("localstack/apiserver/go"))
        .args(["mod", "download", "-json", path])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["Dir"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn list(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|it| it.unwrap().path().to_str().unwrap().to_owned()).collect()
}
