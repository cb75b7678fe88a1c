//! All ports of an interface at once.

use std::collections::BTreeSet;

use super::{FAMILIES, Network, Port, Protocol, Reach, Source, acl, arrive, pass};
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
    let arrivals: Vec<_> =
        FAMILIES.iter().map(|it| arrive(network, source, interface, *it)).collect();
    let mut found: Vec<Opening<'a>> = Vec::new();
    if arrivals.iter().all(|it| it.stopped.is_some()) {
        return found;
    }
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let starts: Vec<u16> = turning_ports(network, interface, protocol).into_iter().collect();
        for (index, number) in starts.iter().enumerate() {
            let last = starts.get(index + 1).map_or(u16::MAX, |it| it - 1);
            let port = Port { protocol, number: *number };
            let reach = pass(network, source, interface, port, &arrivals);
            if reach.possible.is_empty() {
                continue;
            }
            match found.last_mut() {
                Some(it)
                    if it.protocol == protocol
                        && it.ports.1.checked_add(1) == Some(*number)
                        && it.reach == reach =>
                {
                    it.ports.1 = last;
                }
                _ => found.push(Opening { protocol, ports: (*number, last), reach }),
            }
        }
    }
    found
}

/// Ports at which some rule or entry begins or has just ended.
fn turning_ports(
    network: &Network<'_>,
    interface: &NetworkInterface,
    protocol: Protocol,
) -> BTreeSet<u16> {
    let mut ports = BTreeSet::from([0]);
    if let Ok(own) = acl::acl_of(network, &interface.subnet_id, &interface.vpc_id) {
        ports.extend(acl::turning_ports(&[own], protocol, false));
    }
    let Ok(groups) = &network.groups else { return ports };
    let groups = interface.groups.iter().filter_map(|it| groups.get(it.as_str()));
    for permission in groups.flat_map(|it| &it.ip_permissions) {
        if Protocol::parse(&permission.ip_protocol) == Ok(Some(protocol)) {
            ports.extend(permission.from_port.and_then(|it| u16::try_from(it).ok()));
            ports.extend(permission.to_port.and_then(|it| u16::try_from(it.checked_add(1)?).ok()));
        }
    }
    ports
}
