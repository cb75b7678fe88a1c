//! The vocabulary every inspector shares: rules, verdicts, gaps and subjects.
//!
//! A rule is plain data: a severity, what it covers and a function over one subject.
//! The function sees an inventory and nothing else, so it needs no network, no clock and no mock.

#![warn(clippy::disallowed_methods)]

pub mod credential;
mod fetched;
mod settings;
mod subject;
mod verdict;

pub use fetched::{Fetched, Gap, Reason};
pub use settings::Settings;
pub use subject::{ClusterId, NodePoolKind, Parts, Scope, Subject};
pub use verdict::{Judgement, Outcome, Verdict, any};

use std::fmt;

use serde::{Deserialize, Serialize};

/// A check and what readers and rankings need to know of it.
///
/// The id and the page are not here: they follow from the file's place (see [`Entry`]).
#[derive(Clone, Copy, Debug)]
pub struct Rule<Check> {
    /// How bad the pattern is on its own, before context is known.
    pub severity: Severity,
    /// The parts of the checklist it answers.
    pub covers: &'static [Part],
    /// Controls of the CIS Amazon EKS Benchmark 1.8.0, such as `4.2.1`.
    pub cis: &'static [&'static str],
    /// What runs.
    pub check: Check,
}

/// A rule with the id and the page that its place in `rules/` gives it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<Check> {
    /// `<family>-<pattern>`, as in `container-privileged`: names the bad pattern, stable for ever.
    pub id: &'static str,
    /// The Markdown page beside the rule; its first line is the title.
    pub page: &'static str,
    /// The rule itself.
    pub rule: Rule<Check>,
}

impl<Check> Entry<Check> {
    /// What reports need of the rule, without its function.
    pub fn meta(&self) -> Meta {
        Meta {
            id: self.id,
            page: self.page,
            severity: self.rule.severity,
            covers: self.rule.covers,
            cis: self.rule.cis,
        }
    }
}

/// What reports need of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// See [`Entry::id`].
    pub id: &'static str,
    /// See [`Entry::page`].
    pub page: &'static str,
    /// See [`Rule::severity`].
    pub severity: Severity,
    /// See [`Rule::covers`].
    pub covers: &'static [Part],
    /// See [`Rule::cis`].
    pub cis: &'static [&'static str],
}

impl Meta {
    /// The page's heading.
    pub fn title(&self) -> &'static str {
        let heading = self.page.lines().next().unwrap_or_default();
        heading.trim_start_matches('#').trim()
    }

    /// The first sentence of the page's section `Fix`: what to do, in plain words.
    pub fn fix(&self) -> String {
        let section = self.page.split("\n## Fix\n").nth(1).unwrap_or_default();
        let lines = section.trim_start().lines();
        let paragraph: Vec<&str> =
            lines.take_while(|it| !it.is_empty() && !it.starts_with("```")).collect();
        let paragraph = paragraph.join(" ");
        match paragraph.find(". ") {
            Some(end) => paragraph[..=end].to_owned(),
            None => paragraph,
        }
    }
}

/// A part of the checklist that every scan answers: ten practices, seven built-in features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Practice 1 to 10.
    Practice(u8),
    /// F1: Secrets Manager and its drivers.
    SecretsManager,
    /// F2: identity and access management.
    Iam,
    /// F3: logging and monitoring.
    Logging,
    /// F4: patching and upgrades.
    Patching,
    /// F5: runtime security.
    Runtime,
    /// F6: policy enforcement.
    Policy,
    /// F7: security groups.
    SecurityGroups,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Practice(number) => write!(f, "{number}"),
            Self::SecretsManager => f.write_str("F1"),
            Self::Iam => f.write_str("F2"),
            Self::Logging => f.write_str("F3"),
            Self::Patching => f.write_str("F4"),
            Self::Runtime => f.write_str("F5"),
            Self::Policy => f.write_str("F6"),
            Self::SecurityGroups => f.write_str("F7"),
        }
    }
}

/// How bad a pattern is on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Context for other findings.
    Info,
    /// Hardening that limits damage elsewhere.
    Low,
    /// A weakness that needs another weakness.
    Medium,
    /// A weakness an attacker can use directly.
    High,
    /// A compromise in one step.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        })
    }
}
