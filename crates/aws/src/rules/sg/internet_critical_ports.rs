use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{Told, open_to_internet, public_rules, sensitive, span};
use crate::{Check, RegionContext, Rule, inventory::ec2::SecurityGroup, net::Protocol};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1)],
    cis: &["5.4.3", "3.2.4"],
    check: Check::ClusterGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    let (rules, mut gaps) = public_rules(&region.network(), group);
    let mut told = Told::default();
    for (name, protocol) in [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)] {
        for open in open_to_internet(&rules, protocol) {
            let met = sensitive(&region.account.settings.sensitive_ports, open.ports);
            if met.is_empty() || !open.doubt.is_empty() {
                gaps.extend(open.doubt.into_iter().filter(|_| !met.is_empty()));
                continue;
            }
            let ports = match open.ports {
                (0..=1, u16::MAX) => format!("all {name} ports"),
                ports if met.len() > 5 => format!("{name} {}", span(ports)),
                _ => format!("{name} {}", met.join(", ")),
            };
            told.add(&ports, &open.rules);
        }
    }
    let failed = Judgement::of(told.facts());
    any([Ok(failed)].into_iter().chain(gaps.into_iter().map(Err)))
}
