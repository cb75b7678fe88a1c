//! Security groups: the union of every rule of every group an interface carries.

use eksray_rule::Gap;

use super::{Extent, Network, Port, Protocol, Source, Step, private_addresses};
use crate::{
    cidr::{Addresses, everything, union},
    inventory::ec2::{IpPermission, NetworkInterface},
    node_pool::missing,
};

/// What the groups of an interface admit.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted<'a> {
    pub(super) extent: Extent,
    rules: Vec<(&'a str, &'a IpPermission, String, Addresses)>,
}

impl<'a> Granted<'a> {
    /// The rules that admit some of these addresses.
    pub(super) fn steps(&self, addresses: &Addresses) -> Vec<Step<'a>> {
        let admits =
            |it: &&(&str, &IpPermission, String, Addresses)| !it.3.and(addresses).is_empty();
        let rules = self.rules.iter().filter(admits);
        rules
            .map(|(group, permission, source, _)| Step::Rule {
                group,
                permission,
                source: source.clone(),
            })
            .collect()
    }
}

/// Sources that the groups of an interface admit to a port.
///
/// A reference to a group admits the private addresses of its members, so never anybody outside.
pub(super) fn granted<'a>(
    network: &Network<'a>,
    source: &Source<'_>,
    interface: &'a NetworkInterface,
    port: Port,
) -> Granted<'a> {
    let mut granted = Granted::default();
    let mut admitted = Vec::new();
    for id in &interface.groups {
        let group = match &network.groups {
            Err(gap) => {
                granted.extent = granted.extent.or(Extent::unknown(gap.clone()));
                continue;
            }
            Ok(groups) => groups.get(id.as_str()),
        };
        let Some(group) = group else {
            let gap = missing("ec2:DescribeSecurityGroups", id);
            granted.extent = granted.extent.or(Extent::unknown(gap));
            continue;
        };
        for permission in &group.ip_permissions {
            match covers(permission, port) {
                Some(false) => continue,
                Some(true) => {}
                None => {
                    let gap = missing("ec2:DescribeSecurityGroups", &permission.ip_protocol);
                    granted.extent = granted.extent.or(Extent::unknown(gap));
                    continue;
                }
            }
            for net in &permission.ip_ranges {
                admitted.push(*net);
                granted.rules.push((id, permission, net.to_string(), union([*net])));
            }
            for list in &permission.prefix_list_ids {
                match network.prefixes(list) {
                    Err(gap) => granted.extent = granted.extent.or(Extent::unknown(gap)),
                    Ok(prefixes) => {
                        let range = union(prefixes.iter().copied());
                        admitted.extend(prefixes);
                        granted.rules.push((id, permission, list.clone(), range));
                    }
                }
            }
            let Source::Interface(from) = source else { continue };
            for reference in
                permission.groups.iter().filter(|it| from.groups.contains(&it.group_id))
            {
                let members = private_addresses(from);
                admitted.extend(members.nets());
                granted.rules.push((id, permission, reference.group_id.clone(), members));
            }
        }
    }
    granted.extent = granted.extent.or(Extent::of(union(admitted)));
    granted
}

/// Whether a rule covers a port; `None` where its protocol cannot be told.
pub(crate) fn covers(permission: &IpPermission, port: Port) -> Option<bool> {
    let protocol = match Protocol::parse(&permission.ip_protocol) {
        Err(()) => return None,
        Ok(None) => return Some(true),
        Ok(Some(protocol)) => protocol,
    };
    if protocol != port.protocol {
        return Some(false);
    }
    let number = i32::from(port.number);
    let (from, to) = (permission.from_port, permission.to_port);
    Some(match protocol {
        Protocol::Tcp | Protocol::Udp => {
            from.is_none_or(|it| it <= number) && to.is_none_or(|it| it < 0 || number <= it)
        }
        // The first field is the type here; the code is taken as any.
        Protocol::Icmp | Protocol::Icmpv6 => from.is_none_or(|it| it < 0 || it == number),
        Protocol::Other(_) => true,
    })
}

/// What a rule admits by ranges and prefix lists, whatever the port.
pub(crate) fn sources(network: &Network<'_>, permission: &IpPermission) -> Extent {
    let mut extent = Extent::of(union(permission.ip_ranges.iter().copied()));
    for list in &permission.prefix_list_ids {
        extent = extent.or(match network.prefixes(list) {
            Ok(prefixes) => Extent::of(union(prefixes.iter().copied())),
            Err(gap) => Extent { maybe: everything(), gaps: vec![gap], ..Extent::default() },
        });
    }
    extent
}

/// Addresses that some groups together surely admit to a port, as those of a load balancer, and what could not be read.
pub fn admits(network: &Network<'_>, groups: &[String], port: Port) -> (Addresses, Vec<Gap>) {
    let (mut admitted, mut gaps) = (Addresses::default(), Vec::new());
    for id in groups {
        let group = match &network.groups {
            Err(gap) => {
                gaps.push(gap.clone());
                continue;
            }
            Ok(groups) => groups.get(id.as_str()),
        };
        let Some(group) = group else {
            gaps.push(missing("ec2:DescribeSecurityGroups", id));
            continue;
        };
        for permission in group.ip_permissions.iter().filter(|it| covers(it, port) == Some(true)) {
            let extent = sources(network, permission);
            admitted = admitted.or(&extent.sure);
            gaps.extend(extent.gaps);
        }
    }
    (admitted, gaps)
}
