use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{NOT_PUBLIC, is_public, tls_listeners};
use crate::{Check, RegionContext, Rule, inventory::elb::LoadBalancer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::LoadBalancer(check),
};

fn check(balancer: &LoadBalancer, _: &RegionContext<'_>) -> Verdict {
    if !is_public(balancer) {
        return Ok(Judgement::not_applicable(NOT_PUBLIC));
    }
    let key = match balancer.type_.as_str() {
        "classic" => "AccessLog.Enabled",
        "network" if tls_listeners(balancer)?.is_empty() => {
            return Ok(Judgement::not_applicable("writes no access log without a TLS listener"));
        }
        "application" | "network" => "access_logs.s3.enabled",
        _ => return Ok(Judgement::not_applicable("writes no access log")),
    };
    // Off is the documented default.
    let value = balancer.attributes.known()?.get(key).map_or("false", String::as_str);
    Ok(match value {
        "true" => Judgement::pass(),
        _ => Judgement::of(vec![format!("{key} is {value}")]),
    })
}
