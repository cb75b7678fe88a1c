use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::trust;
use crate::{
    Check, Rule,
    iam::{
        Answer, Estate,
        principals::{Admitted, TIES, account_of, admitted, without},
    },
    inspect::Holder,
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::HeldRole(
        &[Holder::Cluster, Holder::ControlPlane, Holder::Fargate, Holder::AccessEntry],
        check,
    ),
};

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let trust = trust(role, estate)?;
    let own = role.arn.split(':').nth(4).unwrap_or_default();
    let trusted = &estate.context.settings.trusted_accounts;
    let found = admitted(trust, &without(&TIES)).into_iter().filter_map(|it| {
        let fact = match it.kind {
            "Service" if sends_its_source(it.name) => format!("{} whatever it acts for", it.name),
            "AWS" if !it.is_everybody() => match account_of(it.name) {
                account if account == own || trusted.iter().any(|it| it == account) => return None,
                account => format!("{} of account {account} unconditionally", it.name),
            },
            _ => return None,
        };
        Some(fail(&it, &fact))
    });
    any(found.chain(trust.gap.iter().map(|it| Err(it.clone()))))
}

/// EC2 sends no source; that of Pod Identity is judged by `pod-identity-trust-unscoped`.
fn sends_its_source(service: &str) -> bool {
    let service = service.strip_suffix(".cn").unwrap_or(service);
    !matches!(service, "ec2.amazonaws.com" | "pods.eks.amazonaws.com")
}

fn fail(admitted: &Admitted<'_>, fact: &str) -> Verdict {
    let facts = vec![format!("trusts {fact} ({})", admitted.decision.by.join(", "))];
    let possible = admitted.decision.answer == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
