use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use crate::{
    Check, Rule,
    grants::{AccessGrant, HolderKind, grants, holders, is_cluster_admin},
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Practice(3)],
    cis: &["4.1.1", "5.5.1"],
    check: Check::AccessGrant(check),
};

fn check(grant: &AccessGrant<'_>, view: &ClusterView<'_>, world: &World<'_>) -> Verdict {
    let Some(fact) = is_cluster_admin(grant, view)? else { return Ok(Judgement::pass()) };
    if grant.is_in(&view.settings.break_glass) {
        return Ok(Judgement::accepted(vec![fact], "listed in break_glass"));
    }
    let (held, mut gaps) = holders(grant, view, world);
    let (people, bad): (Vec<_>, Vec<_>) =
        held.into_iter().partition(|it| it.kind == HolderKind::People);
    let mut facts = vec![fact];
    let proven = bad.iter().any(|it| !it.possible);
    facts.extend(bad.into_iter().map(|it| it.fact));
    let (admins, doubts) = administrators(view);
    let limit = view.settings.admin_limit;
    if admins > limit {
        facts
            .push(format!("{admins} principals are cluster administrators, admin_limit = {limit}"));
    }
    let (failed, door) = (facts.len() > 1, !people.is_empty());
    facts.extend(people.into_iter().map(|it| it.fact));
    gaps.extend(grant.doubt.clone());
    if failed {
        let possible = grant.doubt.is_some() || !proven && admins <= limit;
        return Ok(Judgement::Fail { facts, possible, not_considered: gaps });
    }
    match gaps.into_iter().chain(doubts).next() {
        Some(gap) => Err(gap),
        None if door => Ok(Judgement::accepted(facts, "administrators need one door")),
        None => Ok(Judgement::Pass { facts }),
    }
}

/// How many principals are surely administrators, break-glass ones left out, and why there may be more.
fn administrators(view: &ClusterView<'_>) -> (usize, Vec<Gap>) {
    let (found, mut gaps) = grants(view);
    let mut count = 0;
    for grant in found.iter().filter(|it| !it.is_in(&view.settings.break_glass)) {
        match is_cluster_admin(grant, view) {
            Ok(admin) => count += usize::from(admin.is_some() && grant.doubt.is_none()),
            Err(gap) => gaps.push(gap),
        }
    }
    (count, gaps)
}
