//! What may change when less could be read: a finding stays or turns unknown, nothing gets better.

use std::collections::BTreeMap;

use eksray_rule::{Judgement, Outcome, Parts, Scope, Subject};

type Outcomes<'a> = BTreeMap<(&'a str, &'a Subject), &'a Outcome>;

/// Everything that got better, or vanished, though `after` saw less of the estate than `before`.
pub fn regressions(before: &[Outcome], after: &[Outcome]) -> Vec<String> {
    let (before, after) = (by_key(before), by_key(after));
    let mut found = Vec::new();
    for (key, was) in &before {
        if let Some(wrong) = judge(was, after.get(key).copied(), &after) {
            found.push(format!("{} {}: {} {wrong}", key.0, key.1, words(was)));
        }
    }
    for (key, is) in &after {
        let was = before.get(key).map(|it| words(it));
        if words(is) == "fail" && was != Some("fail") && considered_all(is) {
            let was = was.unwrap_or("nothing");
            found.push(format!("{} {}: {was} turned fail, and no gap is named", key.0, key.1));
        }
    }
    found
}

fn by_key(outcomes: &[Outcome]) -> Outcomes<'_> {
    let mut all = BTreeMap::new();
    for it in outcomes {
        let twin = all.insert((it.rule.id, &it.subject), it);
        assert!(twin.is_none(), "two outcomes of {} for {}", it.rule.id, it.subject);
    }
    all
}

/// What is wrong with what became of an outcome, if anything.
fn judge(was: &Outcome, is: Option<&Outcome>, after: &Outcomes<'_>) -> Option<String> {
    let covered = || {
        after.values().any(|it| {
            it.rule.id == was.rule.id && it.verdict.is_err() && contains(&it.subject, &was.scope)
        })
    };
    match (words(was), is.map(words)) {
        (a, Some(b)) if a == b => None,
        (_, Some("unknown")) => None,
        (_, None) if covered() => None,
        (_, None) => Some("vanished".to_owned()),
        ("fail", Some(_)) if covered() => None,
        ("fail", Some(b)) => Some(format!("turned {b}")),
        (_, Some("pass")) => Some("turned pass".to_owned()),
        _ => None,
    }
}

/// Whether an unknown for this subject, a cluster or a place, speaks for everything of that scope.
fn contains(subject: &Subject, scope: &Scope) -> bool {
    match subject.parts() {
        Parts::Cluster { cluster } => scope.clusters.iter().any(|it| it.0 == cluster),
        Parts::Place { account, region } => {
            scope.account.as_deref() == Some(account)
                && (region.is_empty() || scope.region.as_deref() == Some(region))
        }
        _ => false,
    }
}

fn considered_all(outcome: &Outcome) -> bool {
    matches!(&outcome.verdict, Ok(Judgement::Fail { not_considered, .. }) if not_considered.is_empty())
}

/// The class of an outcome in one word.
pub fn words(outcome: &Outcome) -> &'static str {
    match outcome.verdict {
        Err(_) => "unknown",
        Ok(Judgement::Fail { .. }) => "fail",
        Ok(Judgement::Pass { .. }) => "pass",
        Ok(Judgement::Accepted { .. }) => "accepted",
        Ok(Judgement::NotApplicable { .. }) => "not-applicable",
    }
}
