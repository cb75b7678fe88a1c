use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{NOT_PUBLIC, is_public};
use crate::{Check, RegionContext, Rule, inventory::elb::LoadBalancer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::LoadBalancer(check),
};

fn check(balancer: &LoadBalancer, _: &RegionContext<'_>) -> Verdict {
    if !is_public(balancer) {
        return Ok(Judgement::not_applicable(NOT_PUBLIC));
    }
    match balancer.type_.as_str() {
        "application" => any([
            web_acl(balancer),
            attribute(balancer, "routing.http.desync_mitigation_mode", "defensive", "monitor"),
            attribute(
                balancer,
                "routing.http.drop_invalid_header_fields.enabled",
                "false",
                "false",
            ),
        ]),
        "classic" => attribute(balancer, "elb.http.desyncmitigationmode", "defensive", "monitor"),
        _ => Ok(Judgement::not_applicable("sees no HTTP")),
    }
}

fn web_acl(balancer: &LoadBalancer) -> Verdict {
    Ok(match balancer.web_acl.known()? {
        Some(_) => Judgement::pass(),
        None => Judgement::of(vec!["no web ACL".to_owned()]),
    })
}

/// An attribute, its documented default and the value that is bad.
fn attribute(balancer: &LoadBalancer, key: &str, default: &str, bad: &str) -> Verdict {
    let value = balancer.attributes.known()?.get(key).map_or(default, String::as_str);
    let fact = (value == bad).then(|| format!("{key} is {value}"));
    Ok(Judgement::of(fact.into_iter().collect()))
}
