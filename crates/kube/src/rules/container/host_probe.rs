use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(6)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        // A pod of the node's network is what the kubelet reaches on the node's own loopback.
        let foreign = |host: &str| !(spec.host_network && is_loopback(host));
        let named = it.probe_hosts.iter().filter(|(_, host)| foreign(host));
        let facts: Vec<_> = named
            .map(|(place, host)| {
                let fact = format!("container {} names host {host} in {place}", it.name);
                (fact, Setting::Hardening)
            })
            .collect();
        if facts.is_empty() { Seen::Fine } else { Seen::Bad(facts) }
    })
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|it| it.is_loopback())
}
