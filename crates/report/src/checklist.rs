//! The checklist: ten practices and seven built-in features, answered by the rules behind them.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Judgement, Meta, Outcome, Part as Covers};

/// A part of the checklist with its answer.
#[derive(Clone, Debug)]
pub struct Part {
    /// Number of the practice, or `F1` to `F7`.
    pub number: String,
    /// What it asks.
    pub title: &'static str,
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

/// Every part: what covers it, its title, and how many rules the catalogue has for it.
const PARTS: [(Covers, &str, usize); 17] = [
    (Covers::Practice(1), "nodes isolated", 23),
    (Covers::Practice(2), "authentication and authorization through IAM and OIDC", 12),
    (Covers::Practice(3), "RBAC with least privilege", 27),
    (Covers::Practice(4), "no secrets in environment variables", 4),
    (Covers::Practice(5), "no privileged containers", 11),
    (Covers::Practice(6), "no host IPC, network or process namespaces", 6),
    (Covers::Practice(7), "NET_RAW dropped, admission policy in force", 4),
    (Covers::Practice(8), "safe /proc mount", 1),
    (Covers::Practice(9), "read-only root file system", 1),
    (Covers::Practice(10), "rolling updates, runtime scanning", 15),
    (Covers::SecretsManager, "Secrets Manager", 5),
    (Covers::Iam, "Identity and Access Management", 22),
    (Covers::Logging, "control-plane logs and CloudTrail", 11),
    (Covers::Patching, "patches and versions", 10),
    (Covers::Runtime, "runtime security", 5),
    (Covers::Policy, "policy enforcement", 10),
    (Covers::SecurityGroups, "security groups", 5),
];

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
    let part = |(covers, title, in_catalogue): &(Covers, &'static str, usize)| {
        let behind: Vec<(Meta, Answer)> = rules
            .values()
            .filter(|(meta, _)| meta.covers.contains(covers))
            .map(|(meta, answers)| (*meta, first(answers)))
            .collect();
        let answers: BTreeSet<Answer> = behind.iter().map(|(_, it)| *it).collect();
        let answer = match first(&answers) {
            Answer::Pass if behind.len() < *in_catalogue => Answer::PartlyPass,
            answer => answer,
        };
        Part {
            number: covers.to_string(),
            title,
            answer,
            rules: behind,
            in_catalogue: *in_catalogue,
        }
    };
    PARTS.iter().map(part).collect()
}

/// The worst answer, in the order of [`Answer`].
fn first(answers: &BTreeSet<Answer>) -> Answer {
    answers.first().copied().unwrap_or(Answer::NotApplicable)
}
