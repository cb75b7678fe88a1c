use std::collections::BTreeSet;

use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::order::named,
    rbac::{Grant, catalogue, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    Ok(match any([role(grant), account(grant, context)])? {
        Judgement::Fail { facts, .. } if catalogue::is_default(grant) => {
            Judgement::accepted(facts, "default binding of the cluster")
        }
        other => other,
    })
}

fn role(grant: &Grant<'_>) -> Verdict {
    let missing = grant.rules.as_ref().map_err(Gap::clone)?.is_none();
    let fact = missing.then(|| format!("{} does not exist", shared::role(grant)));
    Ok(Judgement::of(fact.into_iter().collect()))
}

/// A service account that nobody made yet, what waits for it and who may make it.
fn account(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let subject = &grant.subject;
    if subject.kind != "ServiceAccount" {
        return Ok(Judgement::pass());
    }
    let (namespace, name) = (&subject.namespace, &subject.name);
    if named(context.kube.service_accounts.known()?, namespace, name).is_some() {
        return Ok(Judgement::pass());
    }
    let mut facts = vec![format!("service account {namespace}/{name} does not exist")];
    let all = context.kube.namespaces.known().map(Vec::as_slice).unwrap_or_default();
    if !all.is_empty() && named(all, "", namespace).is_none() {
        facts.push(format!("namespace {namespace} does not exist"));
    }
    if let Ok(Some(rules)) = &grant.rules {
        let powers = power::powers(rules, grant.reach(), context.kube.minor().ok());
        facts.extend(powers.first().map(|it| format!("{} {it}", shared::role(grant))));
    }
    let makers = context.rbac.account_makers(namespace).filter(|it| !catalogue::is_default(it));
    let makers: BTreeSet<&str> = makers.map(|it| it.subject.name.as_str()).collect();
    if !makers.is_empty() {
        let makers: Vec<String> = makers.into_iter().map(str::to_owned).collect();
        facts.push(format!("may be made by {}", power::first_five(&makers)));
    }
    Ok(Judgement::of(facts))
}
