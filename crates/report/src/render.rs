//! Output formats. Each reads the [`crate::model::Report`] and writes into a sink it is given.

pub mod checklist;
pub mod json;
pub mod table;

use eksray_rule::{ClusterId, Scope, Subject};

/// What a format needs to know of the place it writes to; it asks no terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns.
    pub width: u16,
    /// Whether to colour.
    pub colour: bool,
    /// How many groups of findings to show.
    pub top: usize,
    /// Show every finding with its facts instead of groups.
    pub all: bool,
}

/// A subject for people, with its cluster, or account and Region, where it does not name them itself.
fn place(subject: &Subject, scope: &Scope) -> String {
    let short = subject.short();
    let place = match (scope.clusters.as_slice(), &scope.region) {
        ([], Some(region)) => region.clone(),
        ([], None) => String::new(),
        (clusters, _) => clusters.iter().map(ClusterId::name).collect::<Vec<_>>().join(", "),
    };
    if place.is_empty() || short.ends_with(&place) {
        return short;
    }
    format!("{short} · {place}")
}

/// `1 rule`, `2 rules`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Thousandths as tenths, rounded half up: `59.5`.
fn tenths(milli: u64) -> String {
    let tenths = (milli + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
