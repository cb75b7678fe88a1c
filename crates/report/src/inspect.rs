//! Runs every rule of every crate over a snapshot and joins what they say.

use eksray_aws::AccountContext;
use eksray_rule::{ClusterId, Entry, Gap, Judgement, Outcome, Scope, Subject, Verdict};

use crate::{
    Configuration, Snapshot,
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
pub fn inspect(snapshot: &Snapshot, configuration: &Configuration) -> Vec<Outcome> {
    let narrowed = !snapshot.scope.clusters.is_empty();
    let mut outcomes = Vec::new();
    for account in &snapshot.accounts {
        let settings = configuration.for_account(&account.id);
        let context = AccountContext { account, settings, now: snapshot.taken_at, narrowed };
        outcomes.extend(eksray_aws::inspect(&context));
    }
    for (cluster, kube) in &snapshot.kubes {
        match kube.known() {
            Ok(kube) => {
                let settings = configuration.for_cluster(cluster, None);
                outcomes.extend(eksray_kube::inspect(cluster, kube, settings));
            }
            Err(gap) => outcomes.extend(unreachable(cluster, &gap, snapshot)),
        }
    }
    outcomes
}

/// What the Kubernetes rules say of a cluster whose API server was not read.
fn unreachable<'a>(
    cluster: &'a ClusterId,
    gap: &'a Gap,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = Outcome> + 'a {
    let verdict = move || match snapshot.scope.without_kubernetes {
        true => Ok(Judgement::not_applicable("API servers are out of scope")),
        false => Err(gap.clone()),
    };
    let field = |at: usize| cluster.0.split(':').nth(at).map(str::to_owned);
    eksray_kube::rules().iter().map(move |entry| Outcome {
        rule: entry.meta(),
        subject: Subject::cluster(cluster),
        scope: Scope { account: field(4), region: field(3), clusters: vec![cluster.clone()] },
        verdict: verdict(),
    })
}

/// Judges and ranks a snapshot; only rules that are wanted are reported.
pub fn assess(
    snapshot: &Snapshot,
    configuration: &Configuration,
    wanted: impl Fn(&str) -> bool,
) -> Report {
    let mut outcomes = inspect(snapshot, configuration);
    outcomes.retain(|it| wanted(it.rule.id));
    model::build(snapshot, &configuration.settings, &outcomes, &Graph::default(), Vec::new())
}
