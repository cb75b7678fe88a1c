//! Accounts and clusters made from a number: what was planted in them is found, and nothing else of its kind.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Test, local_eks::LocalEks};

/// Of an account of any partition.
pub(crate) const FLEET: &[Test] =
    &[("every_planted_weakness_of_the_account_is_found", of_the_account)];

/// Of a cluster.
pub(crate) const POPULATION: &[Test] =
    &[("every_planted_weakness_of_the_cluster_is_found", of_the_cluster)];

fn of_the_account(it: &LocalEks) {
    planted_is_found(it, &["--without-kubernetes"]);
}

fn of_the_cluster(it: &LocalEks) {
    planted_is_found(it, &[]);
}

/// Rule → subjects, with names of the seed's steps.
type Expected = BTreeMap<String, BTreeSet<String>>;

fn planted_is_found(it: &LocalEks, arguments: &[&str]) {
    let expected: Expected = serde_saphyr::from_str(&it.beside_the_seed("expected.yaml")).unwrap();
    assert!(expected.values().any(|it| !it.is_empty()), "nothing was planted");
    let names = it.get("names");
    let with_ids = |subject: &String| {
        let Some((before, rest)) = subject.split_once("${") else { return subject.clone() };
        let (name, after) = rest.split_once('}').unwrap();
        format!("{before}{}{after}", names[name].as_str().unwrap())
    };
    let scan = it.scan(arguments);
    assert_eq!(scan.ran.code, 0, "{:#?}", scan.ran.stderr);
    let findings = scan.report["findings"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (rule, subjects) in &expected {
        let planted: BTreeSet<String> = subjects.iter().map(with_ids).collect();
        let of_rule = findings.iter().filter(|it| it["rule"] == **rule && it["status"] == "open");
        let found: BTreeSet<String> =
            of_rule.map(|it| it["subject"].as_str().unwrap().to_owned()).collect();
        wrong.extend(planted.difference(&found).map(|it| format!("missing: {rule} {it}")));
        wrong.extend(found.difference(&planted).map(|it| format!("not planted: {rule} {it}")));
    }
    assert!(wrong.is_empty(), "{}:\n{}", it.seed, wrong.join("\n"));
}
