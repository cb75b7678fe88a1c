//! Routes: which addresses a subnet exchanges packets with through an internet gateway.

use std::cmp::Reverse;

use eksray_rule::Gap;
use ipnet::IpNet;

use super::{Extent, Network, Step};
use crate::{
    cidr::{Addresses, Family, everything, union},
    inventory::ec2::{Route, RouteTable, Subnet},
    node_pool::missing,
};

/// What a route table sends to internet gateways.
#[derive(Clone, Debug, Default)]
pub(super) struct Routed<'a> {
    pub(super) extent: Extent,
    /// The table in force.
    pub(super) table: &'a str,
    routes: Vec<(IpNet, &'a str, Addresses)>,
}

impl<'a> Routed<'a> {
    /// The routes that carry some of these addresses.
    pub(super) fn steps(&self, addresses: &Addresses) -> Vec<Step<'a>> {
        let carries = |it: &&(IpNet, &str, Addresses)| !it.2.and(addresses).is_empty();
        let routes = self.routes.iter().filter(carries);
        routes
            .map(|(destination, target, _)| Step::Route {
                table: self.table,
                destination: *destination,
                target,
            })
            .collect()
    }
}

/// Addresses of a family whose most specific route is active and leads to an internet gateway.
///
/// Blackholes and other targets take their destinations away. A range goes before an equal one of a prefix list.
pub(super) fn through_gateway<'a>(
    network: &Network<'a>,
    subnet: &Subnet,
    family: Family,
) -> Routed<'a> {
    let table = match table_of(network, subnet) {
        Ok(table) => table,
        Err(gap) => return Routed { extent: Extent::unknown(gap), ..Routed::default() },
    };
    let mut routed = Routed { table: &table.route_table_id, ..Routed::default() };
    let (mut destinations, mut doubt) = (Vec::new(), Vec::new());
    for route in &table.routes {
        destinations.extend(route.destination.map(|it| (it.trunc(), false, route)));
        let Some(list) = &route.destination_prefix_list_id else { continue };
        match network.prefixes(list) {
            Ok(prefixes) => {
                destinations.extend(prefixes.iter().map(|it| (it.trunc(), true, route)));
            }
            Err(gap) => {
                if !is_gateway(route) && is_service(network, list) {
                    // One AWS service: too few addresses to matter, yet not looked at.
                    routed.extent.gaps.push(gap);
                } else {
                    doubt.push(is_gateway(route));
                    routed.extent.gaps.push(gap);
                }
            }
        }
    }
    destinations.retain(|(it, ..)| matches!(it, IpNet::V4(_)) == (family == Family::V4));
    destinations.sort_by_key(|(it, listed, _)| (Reverse(it.prefix_len()), *listed));
    let mut left = everything().only(family);
    for (destination, _, route) in destinations {
        let range = union([destination]);
        let hit = left.and(&range);
        left = left.minus(&range);
        if is_gateway(route) && !hit.is_empty() {
            routed.extent.sure = routed.extent.sure.or(&hit);
            routed.routes.push((destination, &route.target, hit));
        }
    }
    routed.extent.maybe = routed.extent.sure.clone();
    // An unread list of a gateway may add anything, one of another target may take anything away.
    if doubt.contains(&true) {
        routed.extent.maybe = everything().only(family);
    }
    if doubt.contains(&false) {
        routed.extent.sure = Addresses::default();
    }
    routed
}

fn is_gateway(route: &Route) -> bool {
    route.state == "active" && route.target.starts_with("igw-")
}

fn is_service(network: &Network<'_>, list: &str) -> bool {
    let lists = network.prefix_lists.as_ref();
    let list = lists.ok().and_then(|it| it.get(list));
    list.is_some_and(|it| it.prefix_list_name.starts_with("com.amazonaws."))
}

/// The table a subnet is associated with, else the main table of its VPC.
pub(crate) fn table_of<'a>(network: &Network<'a>, subnet: &Subnet) -> Result<&'a RouteTable, Gap> {
    let tables = network.route_tables.as_ref().map_err(Gap::clone)?;
    let found = tables.get(&subnet.subnet_id, &subnet.vpc_id);
    found.ok_or_else(|| missing("ec2:DescribeRouteTables", &subnet.vpc_id))
}
