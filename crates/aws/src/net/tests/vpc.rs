//! Random small VPCs.

use eksray_rule::Fetched;
use proptest::prelude::*;

use crate::inventory::{
    Region,
    ec2::{
        BlockPublicAccessExclusion, GroupRef, IpPermission, NetworkAcl, NetworkAclEntry,
        NetworkInterface, PrefixList, Route, RouteTable, SecurityGroup, Subnet,
    },
};

pub(super) const NETS: [&str; 12] = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "198.51.100.0/24",
    "198.51.100.0/25",
    "198.51.100.7/32",
    "10.0.0.0/16",
    "10.0.1.0/24",
    "::/0",
    "2001:db8::/32",
    "2001:db8:1::/48",
    "10.0.1.5/32",
];

/// At least one address of every region that `NETS` cut out.
pub(super) const ADDRESSES: [&str; 9] = [
    "1.1.1.1",
    "200.0.0.1",
    "198.51.100.1",
    "198.51.100.7",
    "198.51.100.200",
    "10.0.1.5",
    "10.0.2.5",
    "2001:db8:1::1",
    "2001:db8:2::1",
];

const TARGETS: [(&str, &str); 5] = [
    ("igw-1", "active"),
    ("igw-1", "active"),
    ("igw-1", "blackhole"),
    ("nat-1", "active"),
    ("eigw-1", "active"),
];

pub(super) const PORTS: [(u16, u16); 6] =
    [(0, 65535), (22, 22), (20, 80), (80, 443), (1024, 2000), (2001, 65535)];

const PROTOCOLS: [&str; 6] = ["-1", "6", "17", "6", "tcp", "1"];

/// ICMP types of rules and entries.
const TYPES: [i32; 6] = [-1, 8, 0, 8, 3, 13];

/// What packets ask for: protocol number, and port or ICMP type.
const ASKED: [(u8, u16); 12] = [
    (6, 0),
    (6, 22),
    (6, 80),
    (6, 443),
    (6, 1024),
    (6, 2000),
    (6, 10250),
    (6, 65535),
    (17, 80),
    (17, 2000),
    (1, 8),
    (1, 3),
];

/// One random VPC, as indexes into the tables above.
#[derive(Clone, Debug)]
pub(super) struct Vpc {
    pub(super) routes: Vec<(usize, usize, bool)>,
    pub(super) rules: Vec<(usize, usize, usize, usize)>,
    pub(super) entries: Vec<(bool, bool, usize, usize, usize)>,
    pub(super) flags: [bool; 6],
    /// Exclusions from VPC Block Public Access: resource, mode and state.
    pub(super) exclusions: Vec<(usize, usize, usize)>,
    pub(super) asked: (u8, u16),
}

prop_compose! {
    pub(super) fn vpc()(
        routes in prop::collection::vec((0..12_usize, 0..5_usize, prop::bool::weighted(0.2)), 1..6),
        rules in prop::collection::vec((0..6_usize, 0..14_usize, 0..6_usize, 0..2_usize), 1..5),
        entries in prop::collection::vec(
            (any::<bool>(), prop::bool::weighted(0.7), 0..6_usize, 0..12_usize, 0..6_usize), 2..9),
        flags in prop::array::uniform6(prop::bool::weighted(0.15)),
        exclusions in prop::collection::vec((0..3_usize, 0..2_usize, 0..3_usize), 0..3),
        asked in prop::sample::select(ASKED.to_vec()),
    ) -> Vpc {
        Vpc { routes, rules, entries, flags, exclusions, asked }
    }
}

/// Numbers whose order is not the order of the list.
pub(super) fn number(index: usize) -> i32 {
    [50, 20, 90, 10, 70, 30, 80, 40, 60][index % 9]
}

pub(super) fn net(index: usize) -> ipnet::IpNet {
    NETS[index].parse().unwrap()
}

impl Vpc {
    pub(super) fn region(&self) -> Region {
        let [_, _, _, blocked, explicit, same] = self.flags;
        let subnet = |id: &str| Subnet {
            subnet_id: id.into(),
            vpc_id: "vpc".into(),
            internet_gateway_block_mode: blocked.then(|| "block-ingress".into()),
            ..Subnet::default()
        };
        let route = |(dest, target, listed): &(usize, usize, bool)| Route {
            destination: (!listed).then(|| net(*dest)),
            destination_prefix_list_id: listed.then(|| format!("pl-{dest}")),
            target: TARGETS[*target].0.into(),
            state: TARGETS[*target].1.into(),
        };
        let main = RouteTable {
            route_table_id: "rtb-main".into(),
            vpc_id: "vpc".into(),
            main: true,
            routes: if explicit { vec![] } else { self.routes.iter().map(route).collect() },
            ..RouteTable::default()
        };
        let own = RouteTable {
            route_table_id: "rtb-own".into(),
            subnet_ids: vec!["own".into()],
            routes: self.routes.iter().map(route).collect(),
            ..RouteTable::default()
        };
        let entry = |(index, it): (usize, &(bool, bool, usize, usize, usize))| NetworkAclEntry {
            rule_number: number(index),
            egress: it.0,
            rule_action: if it.1 { "allow" } else { "deny" }.into(),
            protocol: PROTOCOLS[it.2].into(),
            cidr: Some(net(it.3)),
            port_range: (!["-1", "1"].contains(&PROTOCOLS[it.2])).then_some(PORTS[it.4]),
            icmp_type: (PROTOCOLS[it.2] == "1").then_some(TYPES[it.4]),
        };
        let entries: Vec<_> = self.entries.iter().enumerate().map(entry).collect();
        let acl = |id: &str, subnet: &str, entries: Vec<NetworkAclEntry>| NetworkAcl {
            network_acl_id: id.into(),
            vpc_id: "vpc".into(),
            is_default: true,
            subnet_ids: if same { vec![] } else { vec![subnet.into()] },
            entries,
        };
        let other = entries.iter().rev().cloned().collect();
        Region {
            subnets: Fetched::read(vec![subnet("own"), subnet("other")]),
            block_public_access_exclusions: Fetched::read(self.exclusions()),
            route_tables: Fetched::read(if explicit { vec![main, own] } else { vec![main] }),
            network_acls: Fetched::read(vec![
                acl("acl-own", "own", entries),
                acl("acl-other", "other", other),
            ]),
            security_groups: Fetched::read(vec![self.group(0), self.group(1)]),
            prefix_lists: Fetched::read(
                (0..NETS.len())
                    .map(|it| PrefixList {
                        prefix_list_id: format!("pl-{it}"),
                        entries: Fetched::read(vec![net(it)]),
                        ..PrefixList::default()
                    })
                    .collect(),
            ),
            ..Region::default()
        }
    }

    fn exclusions(&self) -> Vec<BlockPublicAccessExclusion> {
        let exclusion = |(resource, mode, state): &(usize, usize, usize)| {
            let resource = ["subnet/own", "vpc/vpc", "subnet/other"][*resource];
            BlockPublicAccessExclusion {
                resource_arn: format!("arn:aws:ec2:r:1:{resource}"),
                internet_gateway_exclusion_mode: ["allow-bidirectional", "allow-egress"][*mode]
                    .into(),
                state: ["create-complete", "update-complete", "delete-complete"][*state].into(),
            }
        };
        self.exclusions.iter().map(exclusion).collect()
    }

    fn group(&self, id: usize) -> SecurityGroup {
        let rules = self.rules.iter().filter(|it| it.3 == id);
        let permission = |(protocol, source, ports, _): &(usize, usize, usize, usize)| {
            let mut it =
                IpPermission { ip_protocol: PROTOCOLS[*protocol].into(), ..Default::default() };
            if it.ip_protocol == "1" {
                (it.from_port, it.to_port) = (Some(TYPES[*ports]), Some(-1));
            } else if it.ip_protocol != "-1" {
                it.from_port = Some(i32::from(PORTS[*ports].0));
                it.to_port = Some(i32::from(PORTS[*ports].1));
            }
            match source {
                12 => it.prefix_list_ids = vec!["pl-3".into(), "pl-9".into()],
                13 => {
                    it.groups = vec![GroupRef { group_id: "sg-caller".into(), user_id: None }];
                }
                source => it.ip_ranges = vec![net(*source)],
            }
            it
        };
        SecurityGroup {
            group_id: format!("sg-{id}"),
            ip_permissions: rules.map(permission).collect(),
            ..SecurityGroup::default()
        }
    }

    pub(super) fn interface(&self) -> NetworkInterface {
        let [no_ipv4, no_ipv6, deny, ..] = self.flags;
        NetworkInterface {
            subnet_id: "own".into(),
            vpc_id: "vpc".into(),
            groups: vec!["sg-0".into(), "sg-1".into()],
            public_ip: (!no_ipv4).then(|| "203.0.113.1".parse().unwrap()),
            private_ips: vec!["10.0.1.5".parse().unwrap()],
            ipv6_addresses: if no_ipv6 { vec![] } else { vec!["2001:db8:9::1".parse().unwrap()] },
            deny_all_igw_traffic: deny,
            ..NetworkInterface::default()
        }
    }
}
