//! The Pod Security engine against the fixtures with which Kubernetes tests its own admission: thousands of pods, each written
//! for one control of one version, to pass or to fail. They come with a Go module that the local API server is built of.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use eksray_kube::{
    inventory::workload::Pod,
    pod_security::{Level, violations},
};
use serde_json::Value;
use tests::root;

#[test]
fn the_fixtures_of_kubernetes_are_judged_as_it_judges_them() {
    let testdata = module("k8s.io/pod-security-admission").join("test/testdata");
    let versions = ["baseline", "restricted"].iter().flat_map(|it| list(&testdata.join(it)));
    let fixtures: Vec<PathBuf> =
        versions.flat_map(|it| list(&it)).flat_map(|it| list(&it)).collect();
    let wrong: Vec<String> = fixtures.iter().filter_map(|it| misjudged(it)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), fixtures.len(), wrong.join("\n"));
    assert!(fixtures.len() > 4000, "{} are not all of them", fixtures.len());
}

/// What is said wrongly of a pod in `<level>/v1.<minor>/<pass or fail>/<control>.yaml`.
fn misjudged(fixture: &Path) -> Option<String> {
    let mut place = fixture.iter().rev().skip(1).map(|it| it.to_str().unwrap());
    let [kind, version, level] = std::array::from_fn(|_| place.next().unwrap());
    let level = if level == "baseline" { Level::Baseline } else { Level::Restricted };
    let minor = version.strip_prefix("v1.").unwrap().parse().unwrap();
    let pod: Pod = serde_saphyr::from_str(&fs::read_to_string(fixture).unwrap())
        .unwrap_or_else(|it| panic!("{}: {it}", fixture.display()));
    let found = violations(&pod.spec, &pod.metadata.annotations, level, minor);
    let passes = match kind {
        "pass" => true,
        "fail" => false,
        _ => panic!("{} neither passes nor fails", fixture.display()),
    };
    (found.is_empty() != passes).then(|| format!("{}: {found:?}", fixture.display()))
}

/// Where Go keeps a module, in the version that `go.sum` pins; fetched if it is not there yet.
fn module(path: &str) -> PathBuf {
    let output = Command::new(root().join("localstack/apiserver/go"))
        .args(["mod", "download", "-json", path])
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["Dir"].as_str().unwrap_or_else(|| panic!("{answer}")).into()
}

fn list(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect()
}
