use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{name, tls_listeners};
use crate::{Check, RegionContext, Rule, inventory::elb::LoadBalancer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &["5.4.5"],
    check: Check::LoadBalancer(check),
};

const WEAK: [&str; 4] = ["SSLv2", "SSLv3", "TLSv1", "TLSv1.1"];

fn check(balancer: &LoadBalancer, _: &RegionContext<'_>) -> Verdict {
    any(tls_listeners(balancer)?.into_iter().map(|listener| {
        let protocols = listener.ssl_protocols.known()?;
        let weak: Vec<&str> =
            protocols.iter().map(String::as_str).filter(|it| WEAK.contains(it)).collect();
        if weak.is_empty() {
            return Ok(Judgement::pass());
        }
        let policy = listener.ssl_policy.as_deref().unwrap_or("its policy");
        let fact = format!("{}: {policy} allows {}", name(listener), weak.join(", "));
        Ok(Judgement::of(vec![fact]))
    }))
}
