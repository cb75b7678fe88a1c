//! The findings of a seed: all that stand beside it, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::PathBuf,
};

use serde_json::{Value, json};
use tests::root;

use crate::{Test, local_eks::LocalEks};

/// The careless account.
pub(crate) const CARELESS: &[Test] = &[
    ("the_findings_are_those_beside_the_seed", the_findings_are_those_beside_the_seed),
    ("two_scans_are_byte_identical", two_scans_are_byte_identical),
    ("a_scan_of_one_cluster_says_the_same_of_it", a_scan_of_one_cluster_says_the_same_of_it),
    ("the_demo_is_this_scan", the_demo_is_this_scan),
];

/// The careful one.
pub(crate) const CAREFUL: &[Test] = &[
    ("the_findings_are_those_beside_the_seed", the_findings_are_those_beside_the_seed),
    ("nothing_of_severity_medium_or_above", nothing_of_severity_medium_or_above),
];

/// Status → rule → place → short subjects.
type Expected = BTreeMap<String, BTreeMap<String, BTreeMap<String, BTreeSet<String>>>>;

fn the_findings_are_those_beside_the_seed(it: &LocalEks) {
    let scan = it.baseline();
    assert_eq!(scan.ran.code, 0, "{:#?}", scan.ran.stderr);
    let found = found(&scan.report);
    let path = root().join("localstack/seeds").join(it.seed).join("expected.yaml");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, yaml(&found)).unwrap();
    }
    let text = fs::read_to_string(&path).unwrap();
    let expected: Expected = serde_saphyr::from_str(&text).unwrap();
    let (found, expected) = (lines(&found), lines(&expected));
    let wrong: Vec<_> = found.difference(&expected).map(|it| format!("+ {it}")).collect();
    let missing: Vec<_> = expected.difference(&found).map(|it| format!("- {it}")).collect();
    assert!(
        wrong.is_empty() && missing.is_empty(),
        "not as in {}:\n{}",
        path.display(),
        [missing, wrong].concat().join("\n")
    );
}

fn found(report: &Value) -> Expected {
    let mut found = Expected::new();
    for it in report["findings"].as_array().unwrap() {
        let text = |key: &str| it[key].as_str().unwrap_or_default().to_owned();
        let clusters = it["clusters"].as_array().unwrap().iter();
        let names: Vec<&str> =
            clusters.filter_map(|it| it.as_str()?.split_once(":cluster/")).map(|it| it.1).collect();
        let place = if names.is_empty() { text("region") } else { names.join(" ") };
        let place = if place.is_empty() { "account".to_owned() } else { place };
        let rules = found.entry(text("status")).or_default();
        rules
            .entry(text("rule"))
            .or_default()
            .entry(place)
            .or_default()
            .insert(text("subject_name"));
    }
    found
}

fn lines(expected: &Expected) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (status, rules) in expected {
        for (rule, places) in rules {
            for (place, subjects) in places {
                all.extend(subjects.iter().map(|it| format!("{status} {rule} {place}: {it}")));
            }
        }
    }
    all
}

fn yaml(expected: &Expected) -> String {
    let mut text =
        "# What a scan finds, by status, rule and cluster: asserted both ways by tests/e2e.\n"
            .to_owned();
    for (status, rules) in expected {
        text += &format!("{status}:\n");
        for (rule, places) in rules {
            text += &format!("  {rule}:\n");
            for (place, subjects) in places {
                text += &format!("    {place}:\n");
                for it in subjects {
                    text += &format!("      - {}\n", json!(it));
                }
            }
        }
    }
    text
}

fn two_scans_are_byte_identical(it: &LocalEks) {
    let (first, second) = (it.baseline(), it.scan(&[]));
    assert!(first.saved == second.saved, "the same estate was read differently");
    assert!(first.ran.stdout == second.ran.stdout, "the same snapshot was judged differently");
}

/// Regions and clusters out of scope are no reason not to know, but for roles: other clusters that hold one, too,
/// make it worse or excuse it.
fn a_scan_of_one_cluster_says_the_same_of_it(it: &LocalEks) {
    let of_shop = |report: &Value| -> BTreeSet<String> {
        let is_shop = |it: &Value| it.as_str().is_some_and(|it| it.ends_with(":cluster/shop"));
        let findings = report["findings"].as_array().unwrap().iter();
        let is_role = |it: &Value| it["subject"].as_str().unwrap().starts_with("arn:aws:iam:");
        let findings = findings.filter(|it| !is_role(it));
        let own = findings.filter(|it| it["clusters"].as_array().unwrap().iter().any(is_shop));
        own.map(|it| format!("{} {} {}", it["status"], it["rule"], it["subject"])).collect()
    };
    let scan = it.scan(&["--cluster", "shop"]);
    assert_eq!(scan.ran.code, 0, "{:#?}", scan.ran.stderr);
    assert_eq!(of_shop(&scan.report), of_shop(&it.baseline().report));
}

/// `UPDATE_EXPECT=1` takes it again.
fn the_demo_is_this_scan(it: &LocalEks) {
    let path: PathBuf = root().join("crates/cli/data/demo.json");
    let mut now: Value = serde_json::from_slice(&it.baseline().saved).unwrap();
    for (cluster, kube) in now["kubes"].as_object_mut().unwrap() {
        settle(kube, cluster.rsplit('/').next().unwrap());
    }
    let now = now.to_string() + "\n";
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let then = fs::read_to_string(&path).unwrap();
    assert!(
        now == then,
        "{} is stale: UPDATE_EXPECT=1 cargo test -p tests --test e2e",
        path.display()
    );
}

/// What an API server chooses anew with each start: the UID of its namespaces, the port that it listens on, and the
/// time at which it made each object.
fn settle(kube: &mut Value, name: &str) {
    made_at_the_epoch(kube);
    kube["uid"] = json!(format!("uid-of-{name}"));
    for service in kube["services"].as_array_mut().unwrap() {
        if service["metadata"]["name"] == "kubernetes" {
            service["spec"]["ports"][0]["targetPort"] = json!(443);
        }
    }
}

fn made_at_the_epoch(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(time) = fields.get_mut("creationTimestamp") {
                *time = json!("2026-10-01T08:00:00Z");
            }
            fields.values_mut().for_each(made_at_the_epoch);
        }
        Value::Array(items) => items.iter_mut().for_each(made_at_the_epoch),
        _ => {}
    }
}

fn nothing_of_severity_medium_or_above(it: &LocalEks) {
    let findings = it.baseline().report["findings"].as_array().unwrap();
    let severe: Vec<String> = findings
        .iter()
        .filter(|it| {
            it["status"] == "open" && !["info", "low"].contains(&it["severity"].as_str().unwrap())
        })
        .map(|it| format!("{} {}: {}", it["rule"], it["subject_name"], it["facts"]))
        .collect();
    assert!(severe.is_empty(), "{}", severe.join("\n"));
}
