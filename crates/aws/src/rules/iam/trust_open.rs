use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::trust;
use crate::{
    Check, Rule,
    iam::{Answer, Decision, Estate, outsiders},
    inspect::Holder,
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &[],
    check: Check::HeldRole(&[Holder::Cluster, Holder::AccessEntry, Holder::Pusher], check),
};

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let trust = trust(role, estate)?;
    let anybody = outsiders::anybody(trust);
    let tokens = outsiders::tokens(trust, &estate.context.account.oidc_providers);
    let found = anybody.into_iter().chain(tokens.open);
    let unread = trust.gap.iter().chain(&tokens.gap).map(|it| Err(it.clone()));
    let one_owner = Ok(Judgement::Pass { facts: tokens.one_owner });
    any(found.map(fail).chain([one_owner]).chain(unread))
}

fn fail((who, decision): (String, Decision)) -> Verdict {
    let facts = vec![format!("admits {who} ({})", decision.by.join(", "))];
    let possible = decision.answer == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
