//! Every fact of a snapshot is taken away in turn; nothing may look better for it.
//!
//! Facts are found by trying: a place where a snapshot may say `unread`, and may not say nonsense, is a fact.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use eksray_report::{Configuration, Snapshot};
use eksray_rule::Outcome;
use serde::Deserialize as _;
use serde_json::{Map, Value, json};
use tests::{
    example,
    regress::{Regression, regressions},
    root, rules,
};

#[test]
fn no_finding_of_the_demo_is_lost_without_a_fact_of_aws() {
    walk_demo("accounts", without_clusters);
}

#[test]
fn no_finding_of_the_demo_is_lost_without_a_fact_of_kubernetes() {
    walk_demo("kubes", without_workloads);
}

/// Takes away every fact of one side, and `more`, which is no single fact.
fn walk_demo(side: &str, more: fn(&Value) -> Vec<(String, Value)>) {
    let demo = fs::read(root().join("crates/cli/data/demo.json")).unwrap();
    let snapshot: Value = serde_json::from_slice(&demo).unwrap();
    let mut facts = facts(&snapshot);
    facts.retain(|it| it[0] == Step::Key(side.to_owned()));
    let mut lost = Losses::default();
    walk(&snapshot, without_facts(&snapshot, &facts).chain(more(&snapshot)), &mut lost);
    lost.check();
}

#[test]
fn no_finding_of_a_page_of_aws_is_lost() {
    walk_pages("aws");
}

#[test]
fn no_finding_of_a_page_of_kube_is_lost() {
    walk_pages("kube");
}

#[test]
fn no_finding_of_a_page_of_report_is_lost() {
    walk_pages("report");
}

/// Of the examples of a page the first is walked in full; that a list is there and empty is told apart only once.
fn walk_pages(of: &str) {
    let mut lost = Losses::default();
    for (_, _, meta) in rules().into_iter().filter(|(krate, _, _)| *krate == of) {
        for (at, (aws, kube)) in example::blocks(meta.page).iter().enumerate() {
            let snapshot = serde_json::to_value(example::snapshot(aws, kube).unwrap()).unwrap();
            let is_empty = |it: &Vec<Step>| snapshot.pointer(&pointer(it)) == Some(&json!([]));
            let mut facts = facts(&snapshot);
            facts.retain(|it| at == 0 || !is_empty(it));
            let changes = without_facts(&snapshot, &facts).chain(without_workloads(&snapshot));
            walk(&snapshot, changes.chain(without_clusters(&snapshot)), &mut lost);
        }
    }
    lost.check();
}

/// What was lost: by the fact taken away with its indices left out, and by what happened; how often, and the first case.
#[derive(Default)]
struct Losses {
    walked: usize,
    by_fact: BTreeMap<(String, String), (usize, String)>,
}

impl Losses {
    fn add(&mut self, fact: &str, regression: &Regression) {
        let what = format!("{}: {}", regression.rule, regression.what);
        let entry = self.by_fact.entry((fact.to_owned(), what));
        entry.or_insert_with(|| (0, regression.subject.to_string())).0 += 1;
    }

    fn check(self) {
        assert!(self.walked > 100, "only {} snapshots were walked", self.walked);
        let line = |((fact, what), (count, first)): (&(String, String), &(usize, String))| {
            format!("without {fact}: {what}, {count} times, first {first}")
        };
        let lines: Vec<String> = self.by_fact.iter().map(line).collect();
        assert!(lines.is_empty(), "{} snapshots walked\n{}", self.walked, lines.join("\n"));
    }
}

fn walk(snapshot: &Value, changes: impl Iterator<Item = (String, Value)>, lost: &mut Losses) {
    let before = judge(snapshot);
    for (name, changed) in changes {
        lost.walked += 1;
        for it in regressions(&before, &judge(&changed)) {
            lost.add(&name, &it);
        }
    }
}

fn without_facts(snapshot: &Value, facts: &[Vec<Step>]) -> impl Iterator<Item = (String, Value)> {
    facts.iter().map(|fact| {
        let mut changed = snapshot.clone();
        *changed.pointer_mut(&pointer(fact)).unwrap() = unread();
        (name(fact), changed)
    })
}

fn judge(snapshot: &Value) -> Vec<Outcome> {
    let snapshot = Snapshot::deserialize(snapshot).unwrap();
    eksray_report::inspect(&snapshot, &Configuration::default())
}

fn unread() -> Value {
    json!({ "unread": { "call": "x:Denied", "reason": "denied" } })
}

/// A place in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

fn pointer(path: &[Step]) -> String {
    let step = |it: &Step| match it {
        Step::Key(key) => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
        Step::Index(at) => format!("/{at}"),
    };
    path.iter().map(step).collect()
}

/// The place without indices and names: what kind of fact it is.
fn name(path: &[Step]) -> String {
    let steps = path.iter().filter_map(|it| match it {
        Step::Key(key) if !key.contains(['-', ':']) => Some(key.as_str()),
        _ => None,
    });
    steps.collect::<Vec<_>>().join(".")
}

/// Every place that may be unread and is not.
fn facts(snapshot: &Value) -> Vec<Vec<Step>> {
    let mut found = Vec::new();
    let mut known = BTreeMap::new();
    descend(snapshot, &mut Vec::new(), &mut known, &mut found);
    found
}

fn descend(
    value: &Value,
    path: &mut Vec<Step>,
    known: &mut BTreeMap<Vec<Step>, bool>,
    found: &mut Vec<Vec<Step>>,
) {
    if value.get("unread").is_some() {
        return;
    }
    // A fact of one element is a fact of all.
    let of_all: Vec<Step> = path
        .iter()
        .map(|it| match it {
            Step::Index(_) => Step::Index(0),
            Step::Key(_) => it.clone(),
        })
        .collect();
    let may_be_unread = !value.is_string() && !value.is_boolean() && !value.is_number();
    if may_be_unread && *known.entry(of_all).or_insert_with_key(|it| is_fact(it)) {
        found.push(path.clone());
    }
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(at, it)| {
            path.push(Step::Index(at));
            descend(it, path, known, found);
            path.pop();
        }),
        Value::Object(fields) => fields.iter().for_each(|(key, it)| {
            path.push(Step::Key(key.clone()));
            descend(it, path, known, found);
            path.pop();
        }),
        _ => (),
    }
}

/// Whether a snapshot that has nothing but this place may be unread there, yet takes no nonsense.
fn is_fact(path: &[Step]) -> bool {
    let parses = |leaf: Value| {
        let around = |inner: Value, step: &Step| match step {
            Step::Key(key) => Value::Object(Map::from_iter([(key.clone(), inner)])),
            Step::Index(_) => json!([inner]),
        };
        let Value::Object(only) = path.iter().rev().fold(leaf, around) else { return false };
        let mut whole = serde_json::to_value(Snapshot::example()).unwrap();
        whole.as_object_mut().unwrap().extend(only);
        serde_json::from_value::<Snapshot>(whole).is_ok()
    };
    parses(unread()) && !parses(json!({ "unread": { "nonsense": 1 } }))
}

fn keys(value: &Value, pointer: &str) -> Vec<String> {
    let fields = value.pointer(pointer).and_then(Value::as_object);
    fields.into_iter().flat_map(Map::keys).cloned().collect()
}

fn without_workloads(snapshot: &Value) -> Vec<(String, Value)> {
    let clusters = keys(snapshot, "/kubes").into_iter();
    clusters.flat_map(|it| without_workloads_of(snapshot, &it)).collect()
}

/// Workloads are one list out of many answers: each kind, all of them, and the live pods are taken away.
fn without_workloads_of(snapshot: &Value, cluster: &str) -> Vec<(String, Value)> {
    let workloads = snapshot["kubes"][cluster]["workloads"].as_array().cloned().unwrap_or_default();
    let kinds: BTreeSet<&str> = workloads.iter().filter_map(|it| it["kind"].as_str()).collect();
    let keeping = |what: &str, kept: Vec<Value>| {
        let mut changed = snapshot.clone();
        let kube = &mut changed["kubes"][cluster];
        kube["workloads"] = Value::Array(kept);
        let gap = unread()["unread"].clone();
        if let Some(gaps) = kube["workloadGaps"].as_array_mut() {
            gaps.push(gap);
        }
        (format!("kubes {what}"), changed)
    };
    if snapshot["kubes"][cluster].get("unread").is_some() {
        return Vec::new();
    }
    let mut all = vec![
        keeping("a kind without objects", workloads.clone()),
        keeping("workloads", Vec::new()),
        keeping("pods", without_pods(workloads.clone())),
    ];
    for kind in &kinds {
        let kept = workloads.iter().filter(|it| it["kind"] != *kind).cloned().collect();
        all.push(keeping(kind, kept));
    }
    all
}

fn without_pods(workloads: Vec<Value>) -> Vec<Value> {
    let mut left: Vec<Value> = workloads.into_iter().filter(|it| it["kind"] != "Pod").collect();
    for it in left.iter_mut().filter_map(Value::as_object_mut) {
        it.remove("pods");
        it.remove("variants");
    }
    left
}

/// Where clusters cannot be listed, nobody knows of their API servers either.
fn without_clusters(snapshot: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (at, account) in snapshot["accounts"].as_array().into_iter().flatten().enumerate() {
        for region in keys(account, "/regions") {
            let place = format!(":eks:{region}:");
            let mut changed = snapshot.clone();
            changed["accounts"][at]["regions"][&region]["clusters"] = unread();
            let kubes = changed["kubes"].as_object_mut().unwrap();
            kubes.retain(|cluster, _| !cluster.contains(&place));
            all.push(("the clusters of a Region, and their API servers".to_owned(), changed));
        }
    }
    all
}

#[test]
fn facts_are_found_at_every_depth() {
    let page = root().join("crates/aws/src/rules/trail/region_uncovered.md");
    let text = fs::read_to_string(Path::new(&page)).unwrap();
    let (aws, kube) = &example::blocks(&text)[0];
    let snapshot = serde_json::to_value(example::snapshot(aws, kube).unwrap()).unwrap();
    let names: BTreeSet<String> = facts(&snapshot).iter().map(|it| name(it)).collect();
    for expected in
        ["accounts.regions.clusters", "accounts.regions.trails", "accounts.regions.trails.status"]
    {
        assert!(names.contains(expected), "{expected} is not among {names:?}");
    }
}
