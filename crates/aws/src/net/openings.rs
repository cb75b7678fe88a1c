//! All ports of an interface at once.

use super::{Approach, Network, Port, Protocol, Reach, Source, acl, pass, stretches::stretches};
use crate::inventory::ec2::NetworkInterface;

/// Neighbouring ports that the same addresses reach.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening<'a> {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// First and last port.
    pub ports: (u16, u16),
    /// Who gets through, and how.
    pub reach: Reach<'a>,
}

/// Every TCP and UDP port that something reaches or may reach, by protocol and port.
pub fn openings<'a>(
    network: &Network<'a>,
    source: &Source<'a>,
    interface: &'a NetworkInterface,
) -> Vec<Opening<'a>> {
    let approach = Approach::of(network, source, interface);
    let mut found: Vec<Opening<'a>> = Vec::new();
    if approach.arrivals.iter().all(|it| it.stopped.is_some()) {
        return found;
    }
    let rules = &approach.granting.rules;
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let answers = acl::answers(network, interface, Port { protocol, number: 0 });
        let turns = acl::turning_ports(network, interface, protocol);
        // What could not be read may cover any port.
        let unread = approach.granting.unread.maybe.is_empty();
        let everywhere = (!unread).then_some((0, u16::MAX));
        let spans = rules.iter().map(|it| it.ports(protocol)).chain([everywhere]);
        for stretch in stretches(spans, &turns) {
            let covering: Vec<_> = stretch.rules.iter().filter_map(|it| rules.get(*it)).collect();
            let port = Port { protocol, number: stretch.ports.0 };
            let reach = pass(network, source, interface, port, &approach, &covering, &answers);
            if reach.possible.is_empty() {
                continue;
            }
            match found.last_mut() {
                Some(it)
                    if it.protocol == protocol
                        && it.ports.1.checked_add(1) == Some(stretch.ports.0)
                        && it.reach == reach =>
                {
                    it.ports.1 = stretch.ports.1;
                }
                _ => found.push(Opening { protocol, ports: stretch.ports, reach }),
            }
        }
    }
    found
}
