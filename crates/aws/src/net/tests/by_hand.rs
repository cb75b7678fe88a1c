//! One packet, one address, no sets.

use std::net::IpAddr;

use super::vpc::net;
use crate::inventory::{
    Region,
    ec2::{NetworkInterface, Route},
};

/// Protocol number, and port or ICMP type.
type Asked = (u8, u16);

pub(super) fn from_internet(
    region: &Region,
    to: &NetworkInterface,
    ip: IpAddr,
    asked: Asked,
) -> bool {
    let addressed =
        if ip.is_ipv4() { to.public_ip.is_some() } else { !to.ipv6_addresses.is_empty() };
    addressed
        && open(region)
        && !to.deny_all_igw_traffic
        && routed(region, ip)
        && granted(region, to, ip, &[], asked)
        && acl(region, "own", false, ip, asked)
        && answers(region, asked, |it| acl(region, "own", true, ip, it))
}

pub(super) fn from_inside(
    region: &Region,
    to: &NetworkInterface,
    from: &NetworkInterface,
    asked: Asked,
) -> bool {
    let (here, there) = (IpAddr::V4(to.private_ips[0]), IpAddr::V4(from.private_ips[0]));
    let crosses = from.subnet_id != to.subnet_id;
    granted(region, to, there, &from.groups, asked)
        && (!crosses
            || acl(region, "other", true, here, asked)
                && acl(region, "own", false, there, asked)
                && answers(region, asked, |it| {
                    acl(region, "own", true, there, it) && acl(region, "other", false, here, it)
                }))
}

/// No block, or one that leaves this subnet or its VPC out.
fn open(region: &Region) -> bool {
    let subnet = &region.subnets.known().unwrap()[0];
    let exclusions = region.block_public_access_exclusions.known().unwrap();
    subnet.internet_gateway_block_mode.is_none()
        || exclusions.iter().any(|it| {
            (it.resource_arn.ends_with("/own") || it.resource_arn.ends_with("/vpc"))
                && it.internet_gateway_exclusion_mode == "allow-bidirectional"
                && it.state != "delete-complete"
        })
}

/// Whether an answer passes: to a caller's port at some edge of some entry, or of the type that answers.
fn answers(region: &Region, (protocol, number): Asked, passes: impl Fn(Asked) -> bool) -> bool {
    match (protocol, number) {
        (1, 8) => passes((1, 0)),
        (1, _) => true,
        _ => callers(region).any(|it| passes((protocol, it))),
    }
}

/// Caller's ports at every edge of every entry.
fn callers(region: &Region) -> impl Iterator<Item = u16> {
    let acls = region.network_acls.known().unwrap();
    let edges = acls.iter().flat_map(|it| &it.entries).filter_map(|it| it.port_range);
    let edges = edges.flat_map(|(a, b)| [a.saturating_sub(1), a, b, b.saturating_add(1)]);
    edges.chain([1024, 65535]).filter(|it| *it >= 1024).collect::<Vec<_>>().into_iter()
}

fn routed(region: &Region, ip: IpAddr) -> bool {
    let table = region.route_tables.known().unwrap().last().unwrap();
    let mut best: Option<(u8, bool, &Route)> = None;
    for route in &table.routes {
        let (destination, plain) = match (route.destination, &route.destination_prefix_list_id) {
            (Some(it), _) => (it, true),
            (None, Some(list)) => (net(list[3..].parse().unwrap()), false),
            (None, None) => unreachable!(),
        };
        if destination.contains(&ip)
            && best.is_none_or(|it| (it.0, it.1) < (destination.prefix_len(), plain))
        {
            best = Some((destination.prefix_len(), plain, route));
        }
    }
    best.is_some_and(|(_, _, it)| it.target == "igw-1" && it.state == "active")
}

fn granted(
    region: &Region,
    to: &NetworkInterface,
    ip: IpAddr,
    carried: &[String],
    (asked, number): Asked,
) -> bool {
    let groups = region.security_groups.known().unwrap();
    let mine = groups.iter().filter(|it| to.groups.contains(&it.group_id));
    mine.flat_map(|it| &it.ip_permissions).any(|it| {
        let number = i32::from(number);
        let (from, to) = (it.from_port, it.to_port);
        let ports = match asked {
            1 => from.is_none_or(|it| it == -1 || it == number),
            _ => from.is_none_or(|it| it <= number) && to.is_none_or(|it| number <= it),
        };
        let protocol = names(&it.ip_protocol, asked);
        let ports = ports || it.ip_protocol == "-1";
        let listed = |list: &String| net(list[3..].parse().unwrap()).contains(&ip);
        let source = it.ip_ranges.iter().any(|it| it.contains(&ip))
            || it.prefix_list_ids.iter().any(listed)
            || it.groups.iter().any(|it| carried.contains(&it.group_id));
        protocol && ports && source
    })
}

/// Whether a protocol in a rule or entry stands for a number.
fn names(protocol: &str, number: u8) -> bool {
    ["-1", &number.to_string()].contains(&protocol) || protocol == "tcp" && number == 6
}

fn acl(region: &Region, subnet: &str, egress: bool, ip: IpAddr, (asked, number): Asked) -> bool {
    let acls = region.network_acls.known().unwrap();
    let acl = acls.iter().find(|it| it.subnet_ids.iter().any(|it| it == subnet));
    let acl = acl.unwrap_or(&acls[0]);
    let matching = acl.entries.iter().filter(|it| {
        it.egress == egress
            && it.cidr.unwrap().contains(&ip)
            && names(&it.protocol, asked)
            && it.port_range.is_none_or(|(from, to)| (from..=to).contains(&number))
            && it.icmp_type.is_none_or(|it| it == -1 || it == i32::from(number))
    });
    matching.min_by_key(|it| it.rule_number).is_some_and(|it| it.rule_action == "allow")
}
