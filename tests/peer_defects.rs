//! Mistakes that other scanners make, by the ids of our list of them, and proof that eksray makes none of them.
//!
//! A case of `peer_defects/*.yaml` is manifests and what rules say of them; `peer_defects/elsewhere.yaml` says where
//! the rest is tested, or why it cannot happen.

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    path::PathBuf,
};

use eksray_report::{Configuration, Snapshot};
use eksray_rule::{ClusterId, Fetched, Outcome};
use serde::Deserialize;
use serde_json::json;
use tests::{
    example::{first_cluster, snapshot},
    regress::words,
};

/// Mistakes that are one trap, and an estate that falls into it where a scanner does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    ids: Vec<String>,
    trap: String,
    #[serde(default)]
    aws: String,
    #[serde(default)]
    kube: String,
    /// Fields of the cluster's inventory that were denied.
    #[serde(default)]
    unread: Vec<String>,
    /// Everything that these rules say, subject by subject.
    #[serde(default)]
    expect: BTreeMap<String, BTreeMap<String, String>>,
    /// What `rows` are about.
    #[serde(default)]
    subject: String,
    /// Each stands for `$IT` in an estate of its own; the other keys are rules and what they say of `subject`.
    #[serde(default)]
    rows: Vec<BTreeMap<String, String>>,
}

/// Mistakes that no manifest shows.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Elsewhere {
    ids: Vec<String>,
    #[expect(dead_code, reason = "for readers; the field must be there")]
    answer: String,
}

#[test]
fn no_rule_falls_into_a_trap() {
    let wrong: Vec<String> = cases().iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_mistake_has_an_answer() {
    let numbers = [
        ("A", 1),
        ("B", 7),
        ("H", 33),
        ("K", 31),
        ("M", 3),
        ("P", 34),
        ("R", 1),
        ("S", 3),
        ("T", 11),
    ];
    let all = numbers.iter().flat_map(|(it, last)| (1..=*last).map(move |n| format!("{it}-{n}")));
    let elsewhere: Vec<Elsewhere> = read(&folder().join("elsewhere.yaml"));
    let told = cases().into_iter().flat_map(|it| it.ids);
    let told: BTreeSet<String> = told.chain(elsewhere.into_iter().flat_map(|it| it.ids)).collect();
    assert_eq!(told, all.collect());
}

fn folder() -> PathBuf {
    tests::root().join("tests/peer_defects")
}

fn read<T: for<'de> Deserialize<'de>>(path: &PathBuf) -> T {
    let text = fs::read_to_string(path).expect("a readable file");
    serde_saphyr::from_str(&text).unwrap_or_else(|it| panic!("{}: {it}", path.display()))
}

fn cases() -> Vec<Case> {
    let files = fs::read_dir(folder()).expect("a readable folder");
    let mut paths: Vec<PathBuf> = files.map(|it| it.expect("a file").path()).collect();
    paths.retain(|it| !it.ends_with("elsewhere.yaml"));
    paths.sort();
    paths.iter().flat_map(read::<Vec<Case>>).collect()
}

/// What differs from what the case expects.
fn wrong(case: &Case) -> Vec<String> {
    let mut wrong = match (case.expect.is_empty(), case.rows.is_empty()) {
        (true, true) => vec!["expects nothing".to_owned()],
        (true, false) => Vec::new(),
        (false, _) => judge(case, "", |all| {
            let differs = |(rule, expected): (&String, &BTreeMap<_, _>)| {
                let said = said(all, rule);
                (said != *expected).then(|| format!("{rule} says {said:#?}, not {expected:#?}"))
            };
            case.expect.iter().filter_map(differs).collect()
        }),
    };
    for row in &case.rows {
        let it = row.get("it").map_or("", String::as_str);
        let subject = case.subject.replace("$IT", it);
        wrong.extend(judge(case, it, |all| {
            let differs = |(rule, expected): (&String, &String)| {
                let said = said(all, rule);
                let right = said.get(&subject) == Some(expected);
                (!right).then(|| format!("{it}: {rule} says {said:#?}, not {expected}"))
            };
            row.iter().filter(|(key, _)| *key != "it").filter_map(differs).collect()
        }));
    }
    wrong.iter().map(|it| format!("{} ({}): {it}", case.ids.join(" "), case.trap)).collect()
}

/// What `differs` says of the estate with this in place of `$IT`.
fn judge(case: &Case, it: &str, differs: impl Fn(&[Outcome]) -> Vec<String>) -> Vec<String> {
    match outcomes(case, it) {
        Ok(all) => differs(&all),
        Err(err) => vec![format!("{it}: {err}")],
    }
}

/// One rule's word for each subject.
fn said(outcomes: &[Outcome], rule: &str) -> BTreeMap<String, String> {
    let of_rule = outcomes.iter().filter(|it| it.rule.id == rule);
    of_rule.map(|it| (it.subject.short(), words(it).to_owned())).collect()
}

fn outcomes(case: &Case, it: &str) -> Result<Vec<Outcome>, Box<dyn Error>> {
    let fill = |text: &str| text.replace("$IT", it);
    let mut snapshot = snapshot(&fill(&case.aws), &fill(&case.kube))?;
    if !case.unread.is_empty() {
        let cluster = first_cluster(&snapshot);
        deny(&mut snapshot, &cluster, &case.unread)?;
    }
    Ok(eksray_report::inspect(&snapshot, &Configuration::default()))
}

fn deny(
    snapshot: &mut Snapshot,
    cluster: &ClusterId,
    fields: &[String],
) -> Result<(), Box<dyn Error>> {
    let kube = snapshot.kubes.get(cluster).ok_or("no manifests")?;
    let mut value = serde_json::to_value(kube)?;
    for field in fields {
        let gap = json!({ "call": format!("list {field}"), "reason": "denied" });
        if field == "workloads" {
            value["workloads"] = json!([]);
            value["workloadGaps"] = json!([gap]);
        } else {
            value[field] = json!({ "unread": gap });
        }
    }
    let kube: Fetched<_> = serde_json::from_value(value)?;
    snapshot.kubes.insert(cluster.clone(), kube);
    Ok(())
}
