//! What may change when less could be read: a finding stays or turns unknown, nothing gets better.

use std::{collections::BTreeMap, fmt};

use eksray_rule::{ClusterId, Judgement, Outcome, Parts, Scope, Subject};

type Outcomes<'a> = BTreeMap<(&'a str, &'a Subject), &'a Outcome>;

/// Something that looks better than it is.
#[derive(Debug)]
pub struct Regression {
    /// The rule.
    pub rule: &'static str,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    pub what: String,
}

impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.rule, self.subject, self.what)
    }
}

/// Everything that got better, or vanished, though `after` saw less of the estate than `before`.
pub fn regressions(before: &[Outcome], after: &[Outcome]) -> Vec<Regression> {
    let (before, after) = (by_key(before), by_key(after));
    let mut found = Vec::new();
    let mut push = |it: &Outcome, what: String| {
        found.push(Regression { rule: it.rule.id, subject: it.subject.clone(), what });
    };
    for (key, was) in &before {
        if let Some(wrong) = judge(was, after.get(key).copied(), &after) {
            push(was, format!("{} {wrong}", words(was)));
        }
    }
    for (key, is) in &after {
        let was = before.get(key).map_or("nothing", |it| words(it));
        if words(is) == "fail" && was != "fail" && considered_all(is) {
            push(is, format!("{was} turned fail, and no gap is named"));
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
        (_, None) | ("fail", Some(_)) if covered() => None,
        ("unknown", None)
            if after.values().any(|it| it.rule.id == was.rule.id && it.verdict.is_err()) =>
        {
            None
        }
        (_, None) => Some("vanished".to_owned()),
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
            let of_region = |it: &ClusterId| it.0.split(':').nth(3) == Some(region);
            scope.account.as_deref() == Some(account)
                && (region.is_empty()
                    || scope.region.as_deref() == Some(region)
                    || scope.clusters.iter().any(of_region))
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
