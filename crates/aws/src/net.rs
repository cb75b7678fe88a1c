//! Reachability: which source addresses get a packet to a port of an interface, and an answer back.
//!
//! Everything is computed on sets of addresses. What could not be read widens the set that *may* pass and never
//! the set that *surely* passes. `docs/reachability.md` explains the model.

pub(crate) mod acl;
mod blocked;
pub(crate) mod groups;
mod openings;
pub(crate) mod routes;
mod step;
pub(crate) mod stretches;

use std::collections::BTreeMap;

use eksray_rule::Gap;
use ipnet::IpNet;

pub use groups::admits;
pub use openings::{Opening, openings};
pub(crate) use step::rule_ports;
pub use step::{Step, Stop};

use crate::{
    cidr::{Addresses, Family, everything, is_internet_wide, union},
    inventory::{
        Region,
        ec2::{NetworkAcl, NetworkInterface, PrefixList, RouteTable, SecurityGroup, Subnet},
    },
    node_pool::missing,
};

/// The network of a Region, indexed.
#[derive(Clone, Debug)]
pub struct Network<'a> {
    region: &'a Region,
    groups: Result<BTreeMap<&'a str, &'a SecurityGroup>, Gap>,
    subnets: Result<BTreeMap<&'a str, &'a Subnet>, Gap>,
    prefix_lists: Result<BTreeMap<&'a str, &'a PrefixList>, Gap>,
    route_tables: Result<Associated<'a, RouteTable>, Gap>,
    acls: Result<Associated<'a, NetworkAcl>, Gap>,
}

/// What subnets are associated with, and what is in force in a VPC for those that are not.
#[derive(Clone, Debug)]
struct Associated<'a, T> {
    by_subnet: BTreeMap<&'a str, &'a T>,
    by_vpc: BTreeMap<&'a str, &'a T>,
}

impl<'a, T> Associated<'a, T> {
    fn of(
        items: &'a [T],
        subnets: fn(&T) -> &[String],
        in_force: fn(&T) -> bool,
        vpc: fn(&T) -> &str,
    ) -> Self {
        let by_subnet = items.iter().flat_map(|it| subnets(it).iter().map(move |id| (&**id, it)));
        let by_vpc = items.iter().filter(|it| in_force(it)).map(|it| (vpc(it), it));
        Self { by_subnet: by_subnet.collect(), by_vpc: by_vpc.collect() }
    }

    fn get(&self, subnet: &str, vpc: &str) -> Option<&'a T> {
        self.by_subnet.get(subnet).or_else(|| self.by_vpc.get(vpc)).copied()
    }
}

/// Where packets come from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// Addresses outside, arriving through an internet gateway.
    Internet(&'a Addresses),
    /// An interface of the same VPC.
    Interface(&'a NetworkInterface),
}

/// An IP protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Protocol {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, an IPv4 protocol.
    Icmp,
    /// `ICMPv6`, an IPv6 protocol.
    Icmpv6,
    /// Any other, by its number.
    Other(u8),
}

/// A destination: protocol, and port number or ICMP type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Port {
    /// Protocol.
    pub protocol: Protocol,
    /// Port, or ICMP type; of no meaning to other protocols.
    pub number: u16,
}

/// What gets through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reach<'a> {
    /// Source addresses that surely pass.
    pub admitted: Addresses,
    /// Source addresses that pass or may pass, depending on what could not be read.
    pub possible: Addresses,
    /// The routes, rules and ACL entries that let them through.
    pub proof: Vec<Step<'a>>,
    /// What stopped everything, where nothing can pass.
    pub stopped: Option<Stop>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
}

/// Addresses that surely and that possibly pass one stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) sure: Addresses,
    pub(crate) maybe: Addresses,
    pub(crate) gaps: Vec<Gap>,
}

impl Extent {
    pub(crate) fn of(addresses: Addresses) -> Self {
        Self { sure: addresses.clone(), maybe: addresses, gaps: Vec::new() }
    }

    pub(crate) fn unknown(gap: Gap) -> Self {
        Self { sure: Addresses::default(), maybe: everything(), gaps: vec![gap] }
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.gaps.extend(other.gaps);
        Self { sure: self.sure.and(&other.sure), maybe: self.maybe.and(&other.maybe), ..self }
    }

    pub(crate) fn or(mut self, other: Self) -> Self {
        self.gaps.extend(other.gaps);
        Self { sure: self.sure.or(&other.sure), maybe: self.maybe.or(&other.maybe), ..self }
    }
}

impl<'a> Network<'a> {
    /// Indexes what was read of a Region.
    pub fn of(region: &'a Region) -> Self {
        let groups = region.security_groups.known();
        let subnets = region.subnets.known();
        let lists = region.prefix_lists.known();
        let tables = region.route_tables.known();
        let acls = region.network_acls.known();
        Self {
            region,
            groups: groups.map(|it| it.iter().map(|it| (it.group_id.as_str(), it)).collect()),
            subnets: subnets.map(|it| it.iter().map(|it| (it.subnet_id.as_str(), it)).collect()),
            prefix_lists: lists
                .map(|it| it.iter().map(|it| (it.prefix_list_id.as_str(), it)).collect()),
            route_tables: tables
                .map(|it| Associated::of(it, |it| &it.subnet_ids, |it| it.main, |it| &it.vpc_id)),
            acls: acls.map(|it| {
                Associated::of(it, |it| &it.subnet_ids, |it| it.is_default, |it| &it.vpc_id)
            }),
        }
    }

    pub(crate) fn group(&self, id: &str) -> Result<&'a SecurityGroup, Gap> {
        let groups = self.groups.as_ref().map_err(Gap::clone)?;
        groups.get(id).copied().ok_or_else(|| missing("ec2:DescribeSecurityGroups", id))
    }

    pub(crate) fn subnet(&self, id: &str) -> Result<&'a Subnet, Gap> {
        let subnets = self.subnets.as_ref().map_err(Gap::clone)?;
        subnets.get(id).copied().ok_or_else(|| missing("ec2:DescribeSubnets", id))
    }

    pub(crate) fn prefix_list(&self, id: &str) -> Result<&'a PrefixList, Gap> {
        let lists = self.prefix_lists.as_ref().map_err(Gap::clone)?;
        lists.get(id).copied().ok_or_else(|| missing("ec2:DescribeManagedPrefixLists", id))
    }

    /// The ranges of a prefix list, or why they are not known.
    pub(crate) fn prefixes(&self, id: &str) -> Result<&'a [IpNet], Gap> {
        self.prefix_list(id)?.entries.known().map(Vec::as_slice)
    }
}

/// Which of the source addresses reach a port of an interface and get an answer.
pub fn reaches<'a>(
    network: &Network<'a>,
    source: &Source<'a>,
    interface: &'a NetworkInterface,
    port: Port,
) -> Reach<'a> {
    let approach = Approach::of(network, source, interface);
    let rules: Vec<&groups::Rule<'a>> =
        approach.granting.rules.iter().filter(|it| it.covers(port)).collect();
    let answers = acl::answers(network, interface, port);
    pass(network, source, interface, port, &approach, &rules, &answers)
}

/// The routes that make a subnet public for a family, none where it is not.
///
/// An active route to an internet gateway for an internet-wide destination, and no VPC Block Public Access.
pub fn public_subnet<'a>(
    network: &Network<'a>,
    subnet: &Subnet,
    family: Family,
) -> Result<Option<Vec<Step<'a>>>, Gap> {
    let routed = routes::through_gateway(network, subnet, family);
    match blocked::mode(network, subnet) {
        Ok(Some(_)) => return Ok(None),
        Err(gap) if is_internet_wide(&routed.extent.maybe) => return Err(gap),
        Ok(None) | Err(_) => {}
    }
    if is_internet_wide(&routed.extent.sure) {
        return Ok(Some(routed.steps(&routed.extent.sure)));
    }
    match routed.extent.gaps.into_iter().next() {
        Some(gap) if is_internet_wide(&routed.extent.maybe) => Err(gap),
        _ => Ok(None),
    }
}

const FAMILIES: [Family; 2] = [Family::V4, Family::V6];

/// How far the addresses of one family come before ports matter.
#[derive(Clone, Debug)]
struct Arrival<'a> {
    family: Family,
    extent: Extent,
    routed: routes::Routed<'a>,
    stopped: Option<Stop>,
}

/// What is the same for every port of an interface.
#[derive(Clone, Debug)]
struct Approach<'a> {
    arrivals: Vec<Arrival<'a>>,
    granting: groups::Granting<'a>,
}

impl<'a> Approach<'a> {
    fn of(network: &Network<'a>, source: &Source<'a>, interface: &'a NetworkInterface) -> Self {
        let arrivals = FAMILIES.iter().map(|it| arrive(network, source, interface, *it)).collect();
        let carried = match source {
            Source::Internet(_) => None,
            Source::Interface(from) => Some(*from),
        };
        Self { arrivals, granting: groups::granting(network, carried, &interface.groups) }
    }
}

fn arrive<'a>(
    network: &Network<'a>,
    source: &Source<'a>,
    interface: &NetworkInterface,
    family: Family,
) -> Arrival<'a> {
    let stop = |stop| Arrival {
        family,
        extent: Extent::default(),
        routed: routes::Routed::default(),
        stopped: Some(stop),
    };
    let addresses = match source {
        Source::Interface(from) if from.vpc_id != interface.vpc_id => return stop(Stop::OtherVpc),
        Source::Interface(from) => {
            let extent = Extent::of(private_addresses(from).only(family));
            return Arrival { family, extent, routed: routes::Routed::default(), stopped: None };
        }
        Source::Internet(addresses) => addresses.only(family),
    };
    let is_public = match family {
        Family::V4 => interface.public_ip.is_some(),
        Family::V6 => interface.ipv6_addresses.iter().any(|it| it.segments()[0] & 0xe000 == 0x2000),
    };
    if !is_public {
        return stop(Stop::NoPublicAddress);
    }
    if interface.deny_all_igw_traffic {
        return stop(Stop::DenyAllIgwTraffic);
    }
    let subnet = match network.subnet(&interface.subnet_id) {
        Ok(subnet) => subnet,
        Err(gap) => {
            let extent = Extent::of(addresses).and(Extent::unknown(gap));
            return Arrival { family, extent, routed: routes::Routed::default(), stopped: None };
        }
    };
    let open = match blocked::mode(network, subnet) {
        Ok(Some(mode)) => return stop(Stop::BlockPublicAccess(mode.to_owned())),
        Ok(None) => Extent::of(everything()),
        Err(gap) => Extent::unknown(gap),
    };
    let routed = routes::through_gateway(network, subnet, family);
    let extent = Extent::of(addresses).and(open).and(routed.extent.clone());
    let stopped = extent.maybe.is_empty().then(|| Stop::NoRoute(routed.table.to_owned()));
    Arrival { family, extent, routed, stopped }
}

/// Takes what arrived through the groups and the ACLs.
fn pass<'a>(
    network: &Network<'a>,
    source: &Source<'a>,
    interface: &'a NetworkInterface,
    port: Port,
    approach: &Approach<'a>,
    rules: &[&groups::Rule<'a>],
    answers: &acl::Walk<'a>,
) -> Reach<'a> {
    let mut reach = Reach::default();
    let mut stops = Vec::new();
    let granted = groups::union_of(&approach.granting.unread, rules);
    for arrival in &approach.arrivals {
        if let Some(stop) = &arrival.stopped {
            stops.push(stop.clone());
            continue;
        }
        let extent = arrival.extent.clone().and(granted.clone());
        if extent.maybe.is_empty() {
            stops.push(Stop::Groups);
            continue;
        }
        let crossed = acl::cross(network, source, interface, port, arrival.family, answers);
        let extent = extent.and(crossed.extent.clone());
        if extent.maybe.is_empty() {
            stops.push(crossed.stop);
            continue;
        }
        if !extent.sure.is_empty() {
            reach.proof.extend(arrival.routed.steps(&extent.sure));
            reach.proof.extend(groups::steps(rules, &extent.sure));
            reach.proof.extend(crossed.steps(&extent.sure));
        }
        reach.admitted = reach.admitted.or(&extent.sure);
        reach.possible = reach.possible.or(&extent.maybe);
        reach.gaps.extend(extent.gaps);
    }
    if reach.possible.is_empty() {
        reach.stopped = stops.into_iter().max();
    }
    reach.gaps.sort();
    reach.gaps.dedup();
    step::dedup(&mut reach.proof);
    reach
}

/// The addresses an interface sends from inside its VPC.
fn private_addresses(interface: &NetworkInterface) -> Addresses {
    let ipv4 = interface.private_ips.iter().map(|it| IpNet::from(std::net::IpAddr::V4(*it)));
    let ipv6 = interface.ipv6_addresses.iter().map(|it| IpNet::from(std::net::IpAddr::V6(*it)));
    union(ipv4.chain(ipv6))
}

impl Protocol {
    /// The protocol that a rule or an ACL entry names; `None` for all, an error for what is neither name nor number.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, ()> {
        match text {
            "-1" | "all" => Ok(None),
            "tcp" => Ok(Some(Self::Tcp)),
            "udp" => Ok(Some(Self::Udp)),
            "icmp" => Ok(Some(Self::Icmp)),
            "icmpv6" => Ok(Some(Self::Icmpv6)),
            number => match number.parse::<u8>() {
                Ok(6) => Ok(Some(Self::Tcp)),
                Ok(17) => Ok(Some(Self::Udp)),
                Ok(1) => Ok(Some(Self::Icmp)),
                Ok(58) => Ok(Some(Self::Icmpv6)),
                Ok(number) => Ok(Some(Self::Other(number))),
                Err(_) => Err(()),
            },
        }
    }

    pub(crate) fn has_ports(self) -> bool {
        matches!(self, Self::Tcp | Self::Udp)
    }
}

#[cfg(test)]
mod tests;
