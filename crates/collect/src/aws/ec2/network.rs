//! EC2: what decides which packets pass.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;
use eksray_aws::inventory::ec2::{
    BlockPublicAccessExclusion, GroupRef, IpPermission, NetworkAcl, NetworkAclEntry, PrefixList,
    Route, RouteTable, SecurityGroup, Subnet, Vpc, VpcEndpoint,
};
use eksray_rule::Gap;
use futures::join;
use ipnet::IpNet;

use super::{
    endpoints::{endpoints, exclusions},
    prefix_lists::{bare_prefix_lists, prefix_lists},
    tags,
};
use crate::aws::{
    parse::{optional, ranges, required, sorted},
    place::Place,
    read::{Page, Parsed},
};

/// `ec2:DescribeSecurityGroups`.
pub(crate) async fn groups(place: &Place) -> Result<Vec<SecurityGroup>, Gap> {
    let call = place.read("ec2:DescribeSecurityGroups").all(
        |token| {
            let request = place.ec2.describe_security_groups().max_results(1000);
            request.set_next_token(token).send()
        },
        |it| page(it.security_groups, it.next_token, group),
    );
    Ok(sorted(call.await?, |it| it.group_id.as_str()))
}

pub(super) fn page<T, U>(
    items: Option<Vec<T>>,
    next: Option<String>,
    convert: impl Fn(T) -> Parsed<U>,
) -> Parsed<Page<U>> {
    let items: Parsed<_> = items.unwrap_or_default().into_iter().map(convert).collect();
    Ok(Page { items: items?, next })
}

fn group(it: types::SecurityGroup) -> Parsed<SecurityGroup> {
    let permissions = it.ip_permissions.unwrap_or_default().into_iter().map(permission);
    Ok(SecurityGroup {
        group_id: required("groupId", it.group_id)?,
        group_name: it.group_name.unwrap_or_default(),
        vpc_id: it.vpc_id.unwrap_or_default(),
        tags: tags(it.tags),
        ip_permissions: permissions.collect::<Parsed<_>>()?,
    })
}

fn permission(it: types::IpPermission) -> Parsed<IpPermission> {
    let v4 = it.ip_ranges.unwrap_or_default();
    let v6 = it.ipv6_ranges.unwrap_or_default();
    let lists = it.prefix_list_ids.unwrap_or_default();
    let pairs = it.user_id_group_pairs.unwrap_or_default();
    let descriptions = v4.iter().map(|it| it.description());
    let descriptions = descriptions
        .chain(v6.iter().map(|it| it.description()))
        .chain(lists.iter().map(|it| it.description()))
        .chain(pairs.iter().map(|it| it.description()));
    let descriptions = descriptions.flatten().filter(|it| !it.is_empty()).map(str::to_owned);
    let addresses = v4.iter().filter_map(|it| it.cidr_ip());
    let mut permission = IpPermission {
        ip_protocol: required("ipProtocol", it.ip_protocol)?,
        from_port: it.from_port,
        to_port: it.to_port,
        ip_ranges: ranges(addresses.chain(v6.iter().filter_map(|it| it.cidr_ipv6())))?,
        descriptions: descriptions.collect(),
        prefix_list_ids: lists.into_iter().filter_map(|it| it.prefix_list_id).collect(),
        groups: pairs
            .into_iter()
            .filter_map(|it| Some(GroupRef { group_id: it.group_id?, user_id: it.user_id }))
            .collect(),
    };
    // For every protocol AWS sends no ports; some send -1, which means the same.
    if permission.ip_protocol == "-1" {
        (permission.from_port, permission.to_port) = (None, None);
    }
    Ok(permission)
}

/// `ec2:DescribeSubnets`.
pub(crate) async fn subnets(place: &Place) -> Result<Vec<Subnet>, Gap> {
    let call = place.read("ec2:DescribeSubnets").all(
        |token| {
            let request = place.ec2.describe_subnets().max_results(1000);
            request.set_next_token(token).send()
        },
        |it| page(it.subnets, it.next_token, subnet),
    );
    Ok(sorted(call.await?, |it| it.subnet_id.as_str()))
}

fn subnet(it: types::Subnet) -> Parsed<Subnet> {
    let v6 = it.ipv6_cidr_block_association_set.unwrap_or_default();
    let v6 = v6.iter().filter(|it| {
        let state = it.ipv6_cidr_block_state().and_then(|it| it.state());
        state.is_none_or(|it| *it == types::SubnetCidrBlockStateCode::Associated)
    });
    let block = it.block_public_access_states.and_then(|it| it.internet_gateway_block_mode);
    Ok(Subnet {
        subnet_id: required("subnetId", it.subnet_id)?,
        vpc_id: it.vpc_id.unwrap_or_default(),
        availability_zone: it.availability_zone.unwrap_or_default(),
        cidr_block: optional(it.cidr_block.as_deref())?,
        ipv6_cidr_blocks: ranges(v6.filter_map(|it| it.ipv6_cidr_block()))?,
        map_public_ip_on_launch: it.map_public_ip_on_launch.unwrap_or_default(),
        internet_gateway_block_mode: block.map(|it| it.as_str().to_owned()),
        tags: tags(it.tags),
    })
}

/// `ec2:DescribeVpcs`.
pub(crate) async fn vpcs(place: &Place) -> Result<Vec<Vpc>, Gap> {
    let call = place.read("ec2:DescribeVpcs").all(
        |token| {
            let request = place.ec2.describe_vpcs().max_results(1000);
            request.set_next_token(token).send()
        },
        |it| page(it.vpcs, it.next_token, vpc),
    );
    Ok(sorted(call.await?, |it| it.vpc_id.as_str()))
}

fn vpc(it: types::Vpc) -> Parsed<Vpc> {
    let associated = |state: Option<&types::VpcCidrBlockState>| {
        let state = state.and_then(|it| it.state());
        state.is_none_or(|it| *it == types::VpcCidrBlockStateCode::Associated)
    };
    let v4 = it.cidr_block_association_set.unwrap_or_default();
    let v4 = v4.iter().filter(|it| associated(it.cidr_block_state()));
    let v6 = it.ipv6_cidr_block_association_set.unwrap_or_default();
    let v6 = v6.iter().filter(|it| associated(it.ipv6_cidr_block_state()));
    let first = it.cidr_block.as_deref().into_iter();
    let all = first.chain(v4.filter_map(|it| it.cidr_block()));
    let all: BTreeSet<IpNet> =
        ranges(all.chain(v6.filter_map(|it| it.ipv6_cidr_block())))?.into_iter().collect();
    Ok(Vpc {
        vpc_id: required("vpcId", it.vpc_id)?,
        owner_id: it.owner_id,
        cidr_blocks: all.into_iter().collect(),
    })
}

/// `ec2:DescribeRouteTables`.
pub(crate) async fn route_tables(place: &Place) -> Result<Vec<RouteTable>, Gap> {
    let call = place.read("ec2:DescribeRouteTables").all(
        |token| {
            let request = place.ec2.describe_route_tables().max_results(100);
            request.set_next_token(token).send()
        },
        |it| page(it.route_tables, it.next_token, route_table),
    );
    Ok(sorted(call.await?, |it| it.route_table_id.as_str()))
}

fn route_table(it: types::RouteTable) -> Parsed<RouteTable> {
    let mut associations = it.associations.unwrap_or_default();
    // What is going or has failed steers no packet.
    associations.retain(|it| {
        let state = it.association_state().and_then(|it| it.state());
        let (going, failed) = ("disassociat", "failed");
        state.is_none_or(|it| !it.as_str().starts_with(going) && it.as_str() != failed)
    });
    let routes = it.routes.unwrap_or_default().into_iter().map(route);
    Ok(RouteTable {
        route_table_id: required("routeTableId", it.route_table_id)?,
        vpc_id: it.vpc_id.unwrap_or_default(),
        main: associations.iter().any(|it| it.main == Some(true)),
        subnet_ids: associations.into_iter().filter_map(|it| it.subnet_id).collect(),
        routes: routes.collect::<Parsed<_>>()?,
    })
}

fn route(it: types::Route) -> Parsed<Route> {
    let destination = it.destination_cidr_block.or(it.destination_ipv6_cidr_block);
    let targets = [
        it.gateway_id,
        it.egress_only_internet_gateway_id,
        it.nat_gateway_id,
        it.transit_gateway_id,
        it.vpc_peering_connection_id,
        it.local_gateway_id,
        it.carrier_gateway_id,
        it.core_network_arn,
        it.odb_network_arn,
        it.network_interface_id,
        it.instance_id,
    ];
    Ok(Route {
        destination: optional(destination.as_deref())?,
        destination_prefix_list_id: it.destination_prefix_list_id,
        target: targets.into_iter().flatten().find(|it| !it.is_empty()).unwrap_or_default(),
        state: it.state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
    })
}

/// `ec2:DescribeNetworkAcls`.
pub(crate) async fn acls(place: &Place) -> Result<Vec<NetworkAcl>, Gap> {
    let call = place.read("ec2:DescribeNetworkAcls").all(
        |token| {
            let request = place.ec2.describe_network_acls().max_results(1000);
            request.set_next_token(token).send()
        },
        |it| page(it.network_acls, it.next_token, acl),
    );
    Ok(sorted(call.await?, |it| it.network_acl_id.as_str()))
}

fn acl(it: types::NetworkAcl) -> Parsed<NetworkAcl> {
    let associations = it.associations.unwrap_or_default().into_iter();
    let entries = it.entries.unwrap_or_default().into_iter().map(acl_entry);
    Ok(NetworkAcl {
        network_acl_id: required("networkAclId", it.network_acl_id)?,
        vpc_id: it.vpc_id.unwrap_or_default(),
        is_default: it.is_default.unwrap_or_default(),
        subnet_ids: associations.filter_map(|it| it.subnet_id).collect(),
        entries: entries.collect::<Parsed<_>>()?,
    })
}

fn acl_entry(it: types::NetworkAclEntry) -> Parsed<NetworkAclEntry> {
    let range = it.cidr_block.or(it.ipv6_cidr_block);
    let port = |it: Option<i32>| it.and_then(|it| u16::try_from(it).ok());
    let ports = it.port_range.and_then(|it| Some((port(it.from)?, port(it.to)?)));
    Ok(NetworkAclEntry {
        rule_number: required("ruleNumber", it.rule_number)?,
        egress: required("egress", it.egress)?,
        rule_action: required("ruleAction", it.rule_action)?.as_str().to_owned(),
        protocol: required("protocol", it.protocol)?,
        cidr: optional(range.as_deref())?,
        port_range: ports,
        icmp_type: it.icmp_type_code.and_then(|it| it.r#type),
    })
}

/// Everything about the network of a Region.
pub(crate) struct Network {
    pub(crate) groups: Result<Vec<SecurityGroup>, Gap>,
    pub(crate) prefix_lists: Result<Vec<PrefixList>, Gap>,
    pub(crate) subnets: Result<Vec<Subnet>, Gap>,
    pub(crate) exclusions: Result<Vec<BlockPublicAccessExclusion>, Gap>,
    pub(crate) vpcs: Result<Vec<Vpc>, Gap>,
    pub(crate) endpoints: Result<Vec<VpcEndpoint>, Gap>,
    pub(crate) route_tables: Result<Vec<RouteTable>, Gap>,
    pub(crate) acls: Result<Vec<NetworkAcl>, Gap>,
}

/// Reads it; only the entries of prefix lists and what is left out of a block wait for something.
pub(crate) async fn network(place: &Place) -> Network {
    let filters = async {
        let (groups, tables, lists) =
            join!(groups(place), route_tables(place), bare_prefix_lists(place));
        let lists = prefix_lists(place, &groups, &tables, lists).await;
        (groups, tables, lists)
    };
    let subnets = async {
        let subnets = subnets(place).await;
        let exclusions = exclusions(place, &subnets).await;
        (subnets, exclusions)
    };
    let ((groups, route_tables, prefix_lists), (subnets, exclusions), vpcs, endpoints, acls) =
        join!(filters, subnets, vpcs(place), endpoints(place), acls(place));
    Network { groups, prefix_lists, subnets, exclusions, vpcs, endpoints, route_tables, acls }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_keeps_both_families_and_every_source() {
        let it = types::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .ip_ranges(types::IpRange::builder().cidr_ip("0.0.0.0/0").description("all").build())
            .ipv6_ranges(types::Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(types::PrefixListId::builder().prefix_list_id("pl-1").build())
            .user_id_group_pairs(types::UserIdGroupPair::builder().group_id("sg-2").build())
            .build();
        let it = permission(it).unwrap();
        assert_eq!(it.ip_ranges, ["0.0.0.0/0", "::/0"].map(|it| it.parse().unwrap()));
        assert_eq!((it.prefix_list_ids.len(), it.groups.len()), (1, 1));
        assert_eq!(it.descriptions, ["all"]);
        let every = types::IpPermission::builder().ip_protocol("-1").from_port(-1).to_port(-1);
        let every = permission(every.build()).unwrap();
        assert_eq!((every.from_port, every.to_port), (None, None));
    }

    #[test]
    fn a_rule_with_a_range_that_does_not_parse_is_malformed() {
        let range = types::IpRange::builder().cidr_ip("0.0.0.0/99").build();
        let it = types::IpPermission::builder().ip_protocol("tcp").ip_ranges(range).build();
        assert_eq!(permission(it).unwrap_err(), "`0.0.0.0/99` does not parse");
    }

    #[test]
    fn the_target_of_a_route_is_whatever_is_given() {
        let bare = || types::Route::builder().destination_ipv6_cidr_block("::/0");
        let target = |it: aws_sdk_ec2::types::builders::RouteBuilder| route(it.build()).unwrap();
        assert_eq!(target(bare().gateway_id("igw-1")).target, "igw-1");
        assert_eq!(target(bare().egress_only_internet_gateway_id("eigw-1")).target, "eigw-1");
        let blackhole = target(bare().nat_gateway_id("nat-1").state(types::RouteState::Blackhole));
        assert_eq!((blackhole.target.as_str(), blackhole.state.as_str()), ("nat-1", "blackhole"));
        assert_eq!(blackhole.destination, Some("::/0".parse().unwrap()));
    }

    #[test]
    fn only_associations_in_force_count() {
        let association = |subnet: &str, state: types::RouteTableAssociationStateCode| {
            let state = types::RouteTableAssociationState::builder().state(state).build();
            let it = types::RouteTableAssociation::builder().subnet_id(subnet);
            it.association_state(state).build()
        };
        let it = types::RouteTable::builder()
            .route_table_id("rtb-1")
            .associations(association("a", types::RouteTableAssociationStateCode::Associated))
            .associations(association("b", types::RouteTableAssociationStateCode::Disassociated));
        let it = route_table(it.build()).unwrap();
        assert_eq!(it.subnet_ids, ["a"]);
        assert!(!it.main);
    }

    #[test]
    fn an_acl_entry_without_ports_covers_all() {
        let bare = || {
            types::NetworkAclEntry::builder()
                .rule_number(100)
                .egress(false)
                .rule_action(types::RuleAction::Allow)
                .protocol("6")
                .cidr_block("0.0.0.0/0")
        };
        assert_eq!(acl_entry(bare().build()).unwrap().port_range, None);
        let ports = types::PortRange::builder().from(443).to(443).build();
        let it = acl_entry(bare().port_range(ports).build()).unwrap();
        assert_eq!(it.port_range, Some((443, 443)));
        assert!(acl_entry(types::NetworkAclEntry::builder().rule_number(1).build()).is_err());
    }
}
