//! Security groups: the union of every rule of every group an interface carries.

use eksray_rule::Gap;

use super::{Extent, Network, Port, Protocol, Step, private_addresses};
use crate::{
    cidr::{Addresses, everything, union},
    inventory::ec2::{IpPermission, NetworkInterface},
    node_pool::missing,
};

/// A rule of a group, read once for every port.
#[derive(Clone, Debug)]
pub(crate) struct Rule<'a> {
    pub(crate) group: &'a str,
    pub(crate) permission: &'a IpPermission,
    /// `None` for all.
    protocol: Option<Protocol>,
    pub(crate) extent: Extent,
    /// Ranges, prefix lists and groups of the rule, each with its addresses.
    sources: Vec<(String, Addresses)>,
}

/// The rules of some groups together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Granting<'a> {
    pub(crate) rules: Vec<Rule<'a>>,
    /// What groups and rules that could not be read may admit.
    pub(crate) unread: Extent,
}

impl Rule<'_> {
    /// The ports that the rule covers, where it covers some of the protocol.
    pub(crate) fn ports(&self, protocol: Protocol) -> Option<(u16, u16)> {
        let all = Some((0, u16::MAX));
        let Some(own) = self.protocol else { return all };
        let (from, to) = (self.permission.from_port, self.permission.to_port);
        let port = |it: i32| u16::try_from(it).ok();
        match protocol {
            _ if own != protocol => None,
            Protocol::Tcp | Protocol::Udp => {
                let to = to.filter(|it| *it >= 0);
                let first = from.map_or(Some(0), |it| port(it.max(0)))?;
                Some((first, to.map_or(u16::MAX, |it| port(it).unwrap_or(u16::MAX))))
            }
            // The first field is the type here; the code is taken as any.
            Protocol::Icmp | Protocol::Icmpv6 => match from.filter(|it| *it >= 0) {
                Some(of_type) => port(of_type).map(|it| (it, it)),
                None => all,
            },
            Protocol::Other(_) => all,
        }
    }

    pub(crate) fn covers(&self, port: Port) -> bool {
        self.ports(port.protocol).is_some_and(|(from, to)| from <= port.number && port.number <= to)
    }

    /// The protocol that the rule names, none for all.
    pub(crate) fn protocol(&self) -> Option<Protocol> {
        self.protocol
    }
}

/// The rules of groups, as they apply to sources outside or to one interface.
///
/// A reference to a group admits the private addresses of its members, so never anybody outside.
pub(crate) fn granting<'a>(
    network: &Network<'a>,
    from: Option<&NetworkInterface>,
    groups: &'a [String],
) -> Granting<'a> {
    let mut granting = Granting::default();
    let mut unread = Vec::new();
    for id in groups {
        match network.group(id) {
            Err(gap) => unread.push(gap),
            Ok(group) => {
                for permission in &group.ip_permissions {
                    match rule(network, from, id, permission) {
                        Ok(rule) => granting.rules.push(rule),
                        Err(gap) => unread.push(gap),
                    }
                }
            }
        }
    }
    if !unread.is_empty() {
        granting.unread = Extent { maybe: everything(), gaps: unread, ..Extent::default() };
    }
    granting
}

/// Reads a rule; the gap is that its protocol cannot be told.
pub(crate) fn rule<'a>(
    network: &Network<'a>,
    from: Option<&NetworkInterface>,
    group: &'a str,
    permission: &'a IpPermission,
) -> Result<Rule<'a>, Gap> {
    let protocol = Protocol::parse(&permission.ip_protocol)
        .map_err(|()| missing("ec2:DescribeSecurityGroups", &permission.ip_protocol))?;
    let ranges = permission.ip_ranges.iter().map(|it| (it.to_string(), union([*it])));
    let mut sources: Vec<(String, Addresses)> = ranges.collect();
    let mut gaps = Vec::new();
    for list in &permission.prefix_list_ids {
        match network.prefixes(list) {
            Ok(prefixes) => sources.push((list.clone(), union(prefixes.iter().copied()))),
            Err(gap) => gaps.push(gap),
        }
    }
    if let Some(from) = from {
        let references = permission.groups.iter().filter(|it| from.groups.contains(&it.group_id));
        sources.extend(references.map(|it| (it.group_id.clone(), private_addresses(from))));
    }
    let sure = union(sources.iter().flat_map(|it| it.1.nets()));
    let maybe = if gaps.is_empty() { sure.clone() } else { everything() };
    Ok(Rule { group, permission, protocol, extent: Extent { sure, maybe, gaps }, sources })
}

/// What rules admit together, beside what was not read.
pub(crate) fn union_of(unread: &Extent, rules: &[&Rule<'_>]) -> Extent {
    let mut gaps = unread.gaps.clone();
    gaps.extend(rules.iter().flat_map(|it| it.extent.gaps.iter().cloned()));
    let nets = |part: fn(&Extent) -> &Addresses| {
        let all = [unread].into_iter().chain(rules.iter().map(|it| &it.extent));
        union(all.flat_map(|it| part(it).nets()))
    };
    Extent { sure: nets(|it| &it.sure), maybe: nets(|it| &it.maybe), gaps }
}

/// The rules that admit some of these addresses.
pub(crate) fn steps<'a>(rules: &[&Rule<'a>], addresses: &Addresses) -> Vec<Step<'a>> {
    let sources = rules.iter().flat_map(|rule| rule.sources.iter().map(move |it| (rule, it)));
    let admitting = sources.filter(|(_, it)| !it.1.and(addresses).is_empty());
    admitting
        .map(|(rule, (source, _))| Step::Rule {
            group: rule.group,
            permission: rule.permission,
            source: source.clone(),
        })
        .collect()
}

/// Addresses that some groups together surely admit to a port, as those of a load balancer, and what could not be read.
pub fn admits(network: &Network<'_>, groups: &[String], port: Port) -> (Addresses, Vec<Gap>) {
    let granting = granting(network, None, groups);
    let rules: Vec<&Rule<'_>> = granting.rules.iter().filter(|it| it.covers(port)).collect();
    let Extent { sure, gaps, .. } = union_of(&granting.unread, &rules);
    (sure, gaps)
}
