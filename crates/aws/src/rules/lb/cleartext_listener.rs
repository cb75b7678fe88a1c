use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{NOT_PUBLIC, is_public, name};
use crate::{Check, RegionContext, Rule, inventory::elb::LoadBalancer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &["5.4.5"],
    check: Check::LoadBalancer(check),
};

fn check(balancer: &LoadBalancer, _: &RegionContext<'_>) -> Verdict {
    if !is_public(balancer) {
        return Ok(Judgement::not_applicable(NOT_PUBLIC));
    }
    let listeners = balancer.listeners.known()?;
    let clear = listeners.iter().filter(|it| it.protocol == "HTTP");
    // What redirects or answers by itself forwards nothing.
    let served = clear.filter(|it| !it.target_group_arns.is_empty());
    let facts: Vec<String> = served.map(|it| format!("{} forwards to targets", name(it))).collect();
    if !facts.is_empty() {
        return Ok(Judgement::of(facts));
    }
    let passed_on = listeners.iter().filter(|it| it.protocol == "TCP");
    let facts = passed_on.map(|it| format!("{} passes on what it gets", name(it)));
    Ok(Judgement::Pass { facts: facts.take(5).collect() })
}
