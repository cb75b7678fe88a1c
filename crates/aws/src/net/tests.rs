//! The engine against a packet walked by hand through random small VPCs, and laws that must hold of any VPC.

use std::net::IpAddr;

use eksray_rule::{Fetched, Gap, Reason};
use proptest::prelude::*;

use super::{Network, Port, Protocol, Source, Stop, openings, public_subnet, reaches};
use crate::{
    cidr::{Addresses, Family, everything, internet, is_internet_wide, union},
    inventory::{
        Region,
        ec2::{
            GroupRef, IpPermission, NetworkAcl, NetworkAclEntry, NetworkInterface, PrefixList,
            Route, RouteTable, SecurityGroup, Subnet,
        },
    },
};

const NETS: [&str; 12] = [
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
const ADDRESSES: [&str; 9] = [
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

const PORTS: [(u16, u16); 6] =
    [(0, 65535), (22, 22), (20, 80), (80, 443), (1024, 2000), (2001, 65535)];

const PROTOCOLS: [&str; 4] = ["-1", "6", "17", "6"];

/// One random VPC, as indexes into the tables above.
#[derive(Clone, Debug)]
struct Vpc {
    routes: Vec<(usize, usize, bool)>,
    rules: Vec<(usize, usize, usize, usize)>,
    entries: Vec<(bool, bool, usize, usize, usize)>,
    flags: [bool; 6],
    port: u16,
}

prop_compose! {
    fn vpc()(
        routes in prop::collection::vec((0..12_usize, 0..5_usize, prop::bool::weighted(0.2)), 1..6),
        rules in prop::collection::vec((0..4_usize, 0..14_usize, 0..6_usize, 0..2_usize), 1..5),
        entries in prop::collection::vec(
            (any::<bool>(), prop::bool::weighted(0.7), 0..4_usize, 0..12_usize, 0..6_usize), 2..9),
        flags in prop::array::uniform6(prop::bool::weighted(0.15)),
        port in prop::sample::select(vec![0_u16, 22, 80, 443, 1024, 2000, 10250, 65535]),
    ) -> Vpc {
        Vpc { routes, rules, entries, flags, port }
    }
}

/// Numbers whose order is not the order of the list.
fn number(index: usize) -> i32 {
    [50, 20, 90, 10, 70, 30, 80, 40, 60][index % 9]
}

fn net(index: usize) -> ipnet::IpNet {
    NETS[index].parse().unwrap()
}

impl Vpc {
    fn region(&self) -> Region {
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
            port_range: (PROTOCOLS[it.2] != "-1").then_some(PORTS[it.4]),
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

    fn group(&self, id: usize) -> SecurityGroup {
        let rules = self.rules.iter().filter(|it| it.3 == id);
        let permission = |(protocol, source, ports, _): &(usize, usize, usize, usize)| {
            let mut it =
                IpPermission { ip_protocol: PROTOCOLS[*protocol].into(), ..Default::default() };
            if it.ip_protocol != "-1" {
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

    fn interface(&self) -> NetworkInterface {
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

/// A neighbour that calls from inside.
fn caller(subnet: &str, group: &str) -> NetworkInterface {
    NetworkInterface {
        subnet_id: subnet.into(),
        vpc_id: "vpc".into(),
        groups: vec![group.into()],
        private_ips: vec!["10.0.2.5".parse().unwrap()],
        ..NetworkInterface::default()
    }
}

mod by_hand {
    //! One packet, one address, no sets.

    use super::*;

    pub(super) fn from_internet(
        region: &Region,
        to: &NetworkInterface,
        ip: IpAddr,
        port: u16,
    ) -> bool {
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
            let (destination, plain) = match (route.destination, &route.destination_prefix_list_id)
            {
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
            let ports = it.from_port.is_none_or(|from| from <= port)
                && it.to_port.is_none_or(|to| port <= to);
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
}

fn tcp(number: u16) -> Port {
    Port { protocol: Protocol::Tcp, number }
}

fn admitted(region: &Region, to: &NetworkInterface, port: u16) -> Addresses {
    let network = Network::of(region);
    reaches(&network, &Source::Internet(&everything()), to, tcp(port)).admitted
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn sets_agree_with_single_packets(vpc in vpc()) {
        let (region, to) = (vpc.region(), vpc.interface());
        let admitted = admitted(&region, &to, vpc.port);
        for address in ADDRESSES {
            let ip = address.parse().unwrap();
            let expected = by_hand::from_internet(&region, &to, ip, vpc.port);
            prop_assert_eq!(admitted.contains(ip), expected, "{} port {}", address, vpc.port);
        }
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn neighbours_agree_with_single_packets(vpc in vpc(), inside: bool, member: bool) {
        let (region, to) = (vpc.region(), vpc.interface());
        let from = caller(
            if inside { "own" } else { "other" },
            if member { "sg-caller" } else { "sg-else" },
        );
        let network = Network::of(&region);
        let reach = reaches(&network, &Source::Interface(&from), &to, tcp(vpc.port));
        let expected = by_hand::from_inside(&region, &to, &from, vpc.port);
        prop_assert_eq!(!reach.admitted.is_empty(), expected);
        prop_assert_eq!(reach.stopped.is_none(), expected);
    }

    #[test]
    fn adding_an_allow_never_closes_and_a_deny_never_opens(
        vpc in vpc(),
        allow: bool,
        egress: bool,
        at in 0..100_i32,
        cidr in 0..12_usize,
        ports in 0..6_usize,
    ) {
        let (mut region, to) = (vpc.region(), vpc.interface());
        let before = admitted(&region, &to, vpc.port);
        let taken = vpc.entries.iter().enumerate().any(|(index, _)| number(index) == at);
        let entry = NetworkAclEntry {
            rule_number: if taken { at + 1 } else { at },
            egress,
            rule_action: if allow { "allow" } else { "deny" }.into(),
            protocol: "6".into(),
            cidr: Some(net(cidr)),
            port_range: Some(PORTS[ports]),
        };
        for acl in region.network_acls.known_mut().unwrap() {
            acl.entries.insert(0, entry.clone());
        }
        let after = admitted(&region, &to, vpc.port);
        let (small, large) = if allow { (&before, &after) } else { (&after, &before) };
        prop_assert!(small.minus(large).is_empty());

        let groups = region.security_groups.known_mut().unwrap();
        groups[0].ip_permissions.push(IpPermission {
            ip_protocol: "-1".into(),
            ip_ranges: vec![net(cidr)],
            ..IpPermission::default()
        });
        prop_assert!(after.minus(&admitted(&region, &to, vpc.port)).is_empty());
    }

    #[test]
    fn openings_agree_with_single_ports(vpc in vpc()) {
        let (region, to) = (vpc.region(), vpc.interface());
        let network = Network::of(&region);
        let everybody = everything();
        let open = openings(&network, &Source::Internet(&everybody), &to);
        let port = tcp(vpc.port);
        let here = open.iter().find(|it| {
            it.protocol == port.protocol && (it.ports.0..=it.ports.1).contains(&port.number)
        });
        let single = reaches(&network, &Source::Internet(&everybody), &to, port);
        prop_assert_eq!(
            here.map(|it| it.reach.admitted.clone()).unwrap_or_default(),
            single.admitted
        );
    }

    #[test]
    fn unread_parts_never_prove_anything_new(vpc in vpc(), part in 0..5_u8) {
        let (mut region, to) = (vpc.region(), vpc.interface());
        let truth = admitted(&region, &to, vpc.port);
        let gap = Gap { call: "x".into(), reason: Reason::Denied, detail: String::new() };
        match part {
            0 => region.route_tables = Fetched::unread(gap),
            1 => region.subnets = Fetched::unread(gap),
            2 => region.network_acls = Fetched::unread(gap),
            3 => region.security_groups = Fetched::unread(gap),
            _ => region.prefix_lists = Fetched::unread(gap),
        }
        let network = Network::of(&region);
        let everybody = everything();
        let reach = reaches(&network, &Source::Internet(&everybody), &to, tcp(vpc.port));
        prop_assert!(reach.admitted.minus(&truth).is_empty());
        prop_assert!(truth.minus(&reach.possible).is_empty());
        prop_assert!(reach.possible == reach.admitted || !reach.gaps.is_empty());
    }
}

fn open_vpc() -> (Region, NetworkInterface) {
    let vpc = Vpc {
        routes: vec![(0, 0, false)],
        rules: vec![(0, 0, 0, 0)],
        entries: vec![(false, true, 0, 0, 0), (true, true, 0, 0, 0)],
        flags: [false; 6],
        port: 22,
    };
    (vpc.region(), vpc.interface())
}

#[test]
fn a_specific_blackhole_takes_its_part_of_everything() {
    let (mut region, to) = open_vpc();
    let blackhole = Route {
        destination: Some(net(3)),
        target: "nat-1".into(),
        state: "blackhole".into(),
        ..Route::default()
    };
    region.route_tables.known_mut().unwrap()[0].routes.push(blackhole);
    let admitted = admitted(&region, &to, 22);
    assert!(is_internet_wide(&admitted));
    assert_eq!(admitted, everything().only(Family::V4).minus(&union([net(3)])));
}

#[test]
fn halves_are_the_whole_and_the_proof_names_both() {
    let (mut region, to) = open_vpc();
    let group = &mut region.security_groups.known_mut().unwrap()[0];
    group.ip_permissions[0].ip_ranges = vec![net(1), net(2)];
    let network = Network::of(&region);
    let outside = internet();
    let reach = reaches(&network, &Source::Internet(&outside), &to, tcp(22));
    assert!(is_internet_wide(&reach.admitted));
    let proof: Vec<String> = reach.proof.iter().map(ToString::to_string).collect();
    assert_eq!(
        proof,
        [
            "rtb-main routes 0.0.0.0/0 to igw-1",
            "sg-0 admits everything from 0.0.0.0/1",
            "sg-0 admits everything from 128.0.0.0/1",
            "acl-own inbound entry 50 allows protocol -1 for 0.0.0.0/0",
            "acl-own outbound entry 20 allows protocol -1 for 0.0.0.0/0",
        ]
    );
}

#[test]
fn what_stops_it_is_named() {
    let stopped = |change: fn(&mut Region, &mut NetworkInterface)| {
        let (mut region, mut to) = open_vpc();
        to.ipv6_addresses.clear();
        change(&mut region, &mut to);
        let network = Network::of(&region);
        reaches(&network, &Source::Internet(&internet()), &to, tcp(22)).stopped
    };
    assert_eq!(stopped(|_, _| {}), None);
    assert_eq!(stopped(|_, to| to.public_ip = None), Some(Stop::NoPublicAddress));
    assert_eq!(stopped(|_, to| to.deny_all_igw_traffic = true), Some(Stop::DenyAllIgwTraffic));
    assert_eq!(stopped(|_, to| to.groups.clear()), Some(Stop::Groups));
    assert_eq!(
        stopped(|region, _| region.route_tables.known_mut().unwrap()[0].routes.clear()),
        Some(Stop::NoRoute("rtb-main".into()))
    );
    let without = |egress| {
        move |region: &mut Region| {
            let acls = region.network_acls.known_mut().unwrap();
            acls[0].entries.retain(|it| it.egress != egress);
        }
    };
    let (mut region, to) = open_vpc();
    without(true)(&mut region);
    let reach = |region: &Region| {
        let network = Network::of(region);
        reaches(&network, &Source::Internet(&internet()), &to, tcp(22)).stopped
    };
    assert_eq!(reach(&region), Some(Stop::AclReturn("acl-own".into())));
    without(false)(&mut region);
    assert_eq!(reach(&region), Some(Stop::AclInbound("acl-own".into())));
}

#[test]
fn a_subnet_is_public_per_family() {
    let (mut region, _) = open_vpc();
    let is_public = |region: &Region, family| {
        let network = Network::of(region);
        let subnets = region.subnets.known().unwrap();
        public_subnet(&network, &subnets[0], family).map(|it| it.is_some())
    };
    assert_eq!(is_public(&region, Family::V4), Ok(true));
    assert_eq!(is_public(&region, Family::V6), Ok(false));
    region.subnets.known_mut().unwrap()[0].internet_gateway_block_mode = Some("off".into());
    assert_eq!(is_public(&region, Family::V4), Ok(true));
    region.subnets.known_mut().unwrap()[0].internet_gateway_block_mode =
        Some("block-bidirectional".into());
    assert_eq!(is_public(&region, Family::V4), Ok(false));
}
