use eksray_rule::{Gap, Part, Severity, Verdict, any};

use super::shared::{certificate, tls_listeners};
use crate::{Check, RegionContext, Rule, inventory::elb::LoadBalancer};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::LoadBalancer(check),
};

fn check(balancer: &LoadBalancer, region: &RegionContext<'_>) -> Verdict {
    let listeners = tls_listeners(balancer)?;
    let arns: Vec<Result<&Vec<String>, Gap>> =
        listeners.iter().map(|it| it.certificate_arns.known()).collect();
    let mut named: Vec<&String> = arns.iter().flatten().copied().flatten().collect();
    named.sort();
    named.dedup();
    let unread = arns.into_iter().filter_map(Result::err).map(Err);
    any(named.into_iter().map(|it| certificate(it, region)).chain(unread))
}
