use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{Open, open_to_internet, words};
use crate::{
    Check, RegionContext, Rule,
    inventory::ec2::SecurityGroup,
    net::{Network, Protocol},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1)],
    cis: &["5.4.3", "3.2.4"],
    check: Check::ClusterGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    let network = Network::of(region.region);
    let (open, gaps) = open_to_internet(&network, group);
    let sensitive = &region.account.settings.sensitive_ports;
    let (mut facts, mut ingress) = (Vec::new(), Vec::new());
    for Open { protocol, ports: (from, to), rules } in &open {
        let met: Vec<String> = sensitive
            .iter()
            .filter(|it| it.0 <= *to && *from <= it.1)
            .map(|it| (it.0.max(*from), it.1.min(*to)))
            .map(|(a, b)| if a == b { a.to_string() } else { format!("{a}-{b}") })
            .collect();
        if met.is_empty() {
            continue;
        }
        let protocol = if *protocol == Protocol::Tcp { "tcp" } else { "udp" };
        facts.push(match (from, to) {
            (0..=1, &u16::MAX) => format!("open to the internet: all {protocol} ports"),
            _ if met.len() > 5 => format!("open to the internet: {protocol} {from}-{to}"),
            _ => format!("open to the internet: {protocol} {}", met.join(", ")),
        });
        ingress.extend(rules.iter().map(|it| words(it)));
    }
    ingress.sort();
    ingress.dedup();
    facts.extend(ingress);
    any([Ok(Judgement::of(facts))].into_iter().chain(gaps.into_iter().map(Err)))
}
