//! Runs every rule of every crate over a snapshot and joins what they say.

use eksray_aws::AccountContext;
use eksray_rule::{Entry, Outcome, Settings, Verdict};

use crate::{
    Snapshot,
    graph::Graph,
    model::{self, Report},
    rules::ALL,
};

/// A rule that needs both sides.
pub type Rule = eksray_rule::Rule<Check>;

/// What a rule looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// The whole snapshot.
    Whole(fn(&Snapshot) -> Verdict),
}

impl Check {
    /// What findings of the rule are about.
    pub fn subject(&self) -> &'static str {
        "estate"
    }
}

/// Every rule of this crate, by id.
pub fn rules() -> &'static [Entry<Check>] {
    ALL
}

/// Judges a snapshot.
pub fn inspect(snapshot: &Snapshot, settings: &Settings) -> Vec<Outcome> {
    let narrowed = !snapshot.scope.clusters.is_empty();
    let mut outcomes = Vec::new();
    for account in &snapshot.accounts {
        let context = AccountContext { account, settings, now: snapshot.taken_at, narrowed };
        outcomes.extend(eksray_aws::inspect(&context));
    }
    for (cluster, kube) in &snapshot.kubes {
        if let Ok(kube) = kube.known() {
            outcomes.extend(eksray_kube::inspect(cluster, kube, settings));
        }
    }
    outcomes
}

/// Judges and ranks a snapshot.
pub fn assess(snapshot: &Snapshot, settings: &Settings) -> Report {
    let outcomes = inspect(snapshot, settings);
    model::build(snapshot, settings, &outcomes, &Graph::default(), Vec::new())
}
