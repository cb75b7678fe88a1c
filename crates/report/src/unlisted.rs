//! Where clusters cannot be listed, nobody knows what runs in them: one outcome of every rule about clusters says so.

use std::sync::Arc;

use eksray_aws::inventory::Account;
use eksray_rule::{Judgement, Meta, Outcome, Scope, Subject, Verdict};

use crate::{Snapshot, rules};

/// What the rules of `kube` and of this crate say of Regions whose clusters could not be listed.
/// Those of `aws` know their Regions themselves.
pub(crate) fn outcomes(snapshot: &Snapshot) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for account in &snapshot.accounts {
        for (name, region) in &account.regions {
            let Some(gap) = region.clusters.gap() else { continue };
            let kube = if snapshot.scope.without_kubernetes {
                Ok(Judgement::not_applicable("API servers are out of scope"))
            } else {
                Err(gap.clone())
            };
            let of_kube = eksray_kube::rules().iter().map(|it| (it.meta(), kube.clone()));
            let own = rules().iter().map(|it| (it.meta(), Err(gap.clone())));
            outcomes.extend(of_kube.chain(own).map(|it| outcome(account, name, it)));
        }
    }
    outcomes
}

fn outcome(account: &Account, region: &str, (rule, verdict): (Meta, Verdict)) -> Outcome {
    Outcome {
        rule,
        subject: Subject::place(&account.partition, &account.id, region),
        scope: Arc::new(Scope {
            account: Some(account.id.clone()),
            region: Some(region.to_owned()),
            clusters: Vec::new(),
        }),
        verdict,
    }
}
