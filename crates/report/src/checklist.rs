//! The checklist: ten practices and seven built-in features, answered by the rules behind them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use eksray_rule::{Judgement, Meta, Outcome};
use serde::Deserialize;

/// A part of the checklist with its answer.
#[derive(Clone, Debug)]
pub struct Part {
    /// Number of the practice, or `F1` to `F7`.
    pub number: String,
    /// What it asks.
    pub title: String,
    /// The answer.
    pub answer: Answer,
    /// Rules behind it, each with what its outcomes say together.
    pub rules: Vec<(Meta, Answer)>,
    /// Rules of the catalogue for it, written or not.
    pub in_catalogue: usize,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Something fails.
    Fail,
    /// Nothing fails, and something could not be looked at.
    Unknown,
    /// Every rule that exists for it passes, and more are to come: not the whole answer.
    PartlyPass,
    /// Every rule of the catalogue passes.
    Pass,
    /// No rule had anything to look at.
    NotApplicable,
}

/// A part as the catalogue has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planned {
    number: String,
    title: String,
    /// Rules that the catalogue names for it, written or not.
    rules: BTreeSet<String>,
}

/// Answers every part. A part whose catalogue is not complete never passes plainly.
pub fn answer(outcomes: &[Outcome]) -> Vec<Part> {
    let mut rules: BTreeMap<&str, (Meta, BTreeSet<Answer>)> = BTreeMap::new();
    for outcome in outcomes {
        let entry = rules.entry(outcome.rule.id).or_insert((outcome.rule, BTreeSet::new()));
        entry.1.insert(match &outcome.verdict {
            Err(_) => Answer::Unknown,
            Ok(Judgement::Fail { .. }) => Answer::Fail,
            Ok(Judgement::Pass { .. } | Judgement::Accepted { .. }) => Answer::Pass,
            Ok(Judgement::NotApplicable { .. }) => Answer::NotApplicable,
        });
    }
    let part = |planned: &Planned| {
        let covers = |meta: &Meta| meta.covers.iter().any(|it| it.to_string() == planned.number);
        let behind: Vec<(Meta, Answer)> = rules
            .values()
            .filter(|(meta, _)| covers(meta) || planned.rules.contains(meta.id))
            .map(|(meta, answers)| (*meta, first(answers)))
            .collect();
        let missing = planned.rules.iter().filter(|it| !rules.contains_key(it.as_str())).count();
        let answers: BTreeSet<Answer> = behind.iter().map(|(_, it)| *it).collect();
        let answer = match first(&answers) {
            Answer::Pass if missing > 0 => Answer::PartlyPass,
            answer => answer,
        };
        Part {
            number: planned.number.clone(),
            title: planned.title.clone(),
            answer,
            in_catalogue: behind.len() + missing,
            rules: behind,
        }
    };
    catalogue().iter().map(part).collect()
}

fn catalogue() -> &'static [Planned] {
    static CATALOGUE: OnceLock<Vec<Planned>> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        // A test reads the file, so that a broken one is never released.
        serde_json::from_str(include_str!("../data/checklist.json")).unwrap_or_default()
    })
}

/// The worst answer, in the order of [`Answer`].
fn first(answers: &BTreeSet<Answer>) -> Answer {
    answers.first().copied().unwrap_or(Answer::NotApplicable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_there_and_none_passes_while_rules_are_missing() {
        let parts = answer(&[]);
        assert_eq!(parts.len(), 17);
        assert!(parts.iter().all(|it| it.answer == Answer::NotApplicable && it.in_catalogue > 0));
    }
}
