use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{Excess, Service, beyond, served, trust};
use crate::{
    Check, Rule,
    action_sets::{control_planes_need, fargate_needs},
    iam::{
        Answer, Estate,
        principals::{admitted, willing},
    },
    inspect::Holder,
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::HeldRole(&[Holder::ControlPlane, Holder::Fargate], check),
};

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let served = served(role, estate);
    let needed: fn(&str) -> bool = match served.services.as_slice() {
        [Service::Eks] => control_planes_need,
        [Service::Fargate] => fargate_needs,
        _ => |it| control_planes_need(it) || fargate_needs(it),
    };
    let policies = estate.policies_of(role)?;
    let Excess { facts, answer, .. } = beyond(&policies, needed);
    let possible = answer == Answer::Maybe;
    let rights = match (facts.is_empty(), policies.unread.first()) {
        (true, Some(gap)) => Err(gap.clone()),
        (true, None) => Ok(Judgement::pass()),
        _ => Ok(Judgement::Fail { facts, possible, not_considered: policies.limits_unread }),
    };
    let trust = trust(role, estate)?;
    let strangers = admitted(trust, &willing()).into_iter().filter(|it| {
        let name = it.name.strip_suffix(".cn").unwrap_or(it.name);
        it.kind != "Service" || !served.services.iter().any(|it| it.name() == name)
    });
    let strangers = strangers.map(|it| {
        let facts =
            vec![format!("{} {} may assume it ({})", it.kind, it.name, it.decision.by.join(", "))];
        let possible = it.decision.answer == Answer::Maybe;
        Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
    });
    let shared = Ok(Judgement::of(served.shared(role, estate)));
    let gaps = trust.gap.iter().chain(&served.gaps).chain(&estate.node_gaps);
    let gaps = gaps.map(|it| Err(it.clone()));
    any([rights, shared].into_iter().chain(strangers).chain(gaps))
}
