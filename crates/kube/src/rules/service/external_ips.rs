use std::net::IpAddr;

use eksray_rule::{Judgement, Severity, Verdict};
use ipnet::IpNet;

use crate::{Check, Context, Rule, inventory::network::Service, namespaces::first_five};

pub(crate) const RULE: Rule =
    Rule { severity: Severity::High, covers: &[], cis: &[], check: Check::Service(check) };

fn check(service: &Service, context: &Context<'_>) -> Verdict {
    let addresses = &service.spec.external_ips;
    if addresses.is_empty() {
        return Ok(Judgement::pass());
    }
    let approved = |it: &&String| is_within(it, &context.settings.approved_cidrs);
    let (approved, others): (Vec<&String>, Vec<&String>) = addresses.iter().partition(approved);
    if others.is_empty() {
        let facts = vec![format!("externalIPs in approved_cidrs: {}", first_five(&approved))];
        return Ok(Judgement::Pass { facts });
    }
    Ok(Judgement::of(vec![format!("externalIPs: {}", first_five(&others))]))
}

fn is_within(address: &str, ranges: &[IpNet]) -> bool {
    let address = address.parse::<IpAddr>();
    address.is_ok_and(|address| ranges.iter().any(|it| it.contains(&address)))
}
