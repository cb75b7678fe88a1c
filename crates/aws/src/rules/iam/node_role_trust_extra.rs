use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{is_hybrid, trust};
use crate::{
    Check, Rule,
    iam::{
        Answer, Estate,
        principals::{Admitted, admitted, willing, without},
    },
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::NodeRole(check),
};

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let trust = trust(role, estate)?;
    let anchorless = admitted(trust, &without(&["aws:SourceArn"]));
    let unanchored = anchorless.iter().any(|it| is(it, "rolesanywhere"));
    let mut parts = Vec::new();
    for it in admitted(trust, &willing()).iter().filter(|it| !is(it, "ec2")) {
        let of_hybrid = is(it, "ssm") || is(it, "rolesanywhere") && !unanchored;
        let fine = of_hybrid.then(|| is_hybrid(role, estate)).transpose();
        parts.push(match fine {
            Ok(Some(true)) => Ok(Judgement::pass()),
            Ok(_) => fail(it),
            Err(gap) => Err(gap),
        });
    }
    any(parts.into_iter().chain(trust.gap.iter().map(|it| Err(it.clone()))))
}

fn is(it: &Admitted<'_>, service: &str) -> bool {
    let name = it.name.strip_suffix(".cn").unwrap_or(it.name);
    it.kind == "Service" && name.strip_suffix(".amazonaws.com") == Some(service)
}

fn fail(it: &Admitted<'_>) -> Verdict {
    let facts =
        vec![format!("{} {} may assume it ({})", it.kind, it.name, it.decision.by.join(", "))];
    let possible = it.decision.answer == Answer::Maybe;
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
