//! One packet, one address, no sets.

use std::net::IpAddr;

use super::vpc::net;
use crate::inventory::{
    Region,
    ec2::{NetworkInterface, Route},
};

pub(super) fn from_internet(region: &Region, to: &NetworkInterface, ip: IpAddr, port: u16) -> bool {
    let addressed =
        if ip.is_ipv4() { to.public_ip.is_some() } else { !to.ipv6_addresses.is_empty() };
    let open = region.subnets.known().unwrap()[0].internet_gateway_block_mode.is_none();
    addressed
        && open
        && !to.deny_all_igw_traffic
        && routed(region, ip)
        && granted(region, to, ip, &[], port)
        && acl(region, "own", false, ip, port)
        && callers(region).any(|it| acl(region, "own", true, ip, it))
}

pub(super) fn from_inside(
    region: &Region,
    to: &NetworkInterface,
    from: &NetworkInterface,
    port: u16,
) -> bool {
    let (here, there) = (IpAddr::V4(to.private_ips[0]), IpAddr::V4(from.private_ips[0]));
    let crosses = from.subnet_id != to.subnet_id;
    granted(region, to, there, &from.groups, port)
        && (!crosses
            || acl(region, "other", true, here, port)
                && acl(region, "own", false, there, port)
                && callers(region).any(|it| {
                    acl(region, "own", true, there, it) && acl(region, "other", false, here, it)
                }))
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
    port: u16,
) -> bool {
    let groups = region.security_groups.known().unwrap();
    let mine = groups.iter().filter(|it| to.groups.contains(&it.group_id));
    mine.flat_map(|it| &it.ip_permissions).any(|it| {
        let protocol = it.ip_protocol == "-1" || it.ip_protocol == "6";
        let port = i32::from(port);
        let ports =
            it.from_port.is_none_or(|from| from <= port) && it.to_port.is_none_or(|to| port <= to);
        let listed = |list: &String| net(list[3..].parse().unwrap()).contains(&ip);
        let source = it.ip_ranges.iter().any(|it| it.contains(&ip))
            || it.prefix_list_ids.iter().any(listed)
            || it.groups.iter().any(|it| carried.contains(&it.group_id));
        protocol && ports && source
    })
}

fn acl(region: &Region, subnet: &str, egress: bool, ip: IpAddr, port: u16) -> bool {
    let acls = region.network_acls.known().unwrap();
    let acl = acls.iter().find(|it| it.subnet_ids.iter().any(|it| it == subnet));
    let acl = acl.unwrap_or(&acls[0]);
    let matching = acl.entries.iter().filter(|it| {
        it.egress == egress
            && it.cidr.unwrap().contains(&ip)
            && (it.protocol == "-1" || it.protocol == "6")
            && it.port_range.is_none_or(|(from, to)| (from..=to).contains(&port))
    });
    matching.min_by_key(|it| it.rule_number).is_some_and(|it| it.rule_action == "allow")
}
