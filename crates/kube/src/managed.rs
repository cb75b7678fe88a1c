//! Who AWS or a known add-on owns, and which of their settings are accepted.

use eksray_rule::Judgement;

use crate::inventory::workload::Workload;

/// A host setting that a catalogue entry may accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting<'a> {
    /// The named container is privileged.
    Privileged(&'a str),
}

/// Judges the failing facts of a workload: accepted only if its catalogue entry accepts every setting.
pub fn judge<'a>(
    _workload: &Workload,
    facts: impl IntoIterator<Item = (String, Setting<'a>)>,
) -> Judgement {
    Judgement::of(facts.into_iter().map(|(fact, _)| fact).collect())
}
