//! The engine against a packet walked by hand through random small VPCs, and laws that must hold of any VPC.

mod by_hand;
mod vpc;

use eksray_rule::{Fetched, Gap, Reason};
use proptest::prelude::*;
use vpc::{ADDRESSES, PORTS, Vpc, net, number, vpc};

use super::{Network, Port, Protocol, Source, Stop, openings, public_subnet, reaches};
use crate::{
    cidr::{Addresses, Family, everything, internet, is_internet_wide, union},
    inventory::{
        Region,
        ec2::{BlockPublicAccessExclusion, IpPermission, NetworkAclEntry, NetworkInterface, Route},
    },
};

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

fn tcp(number: u16) -> Port {
    Port { protocol: Protocol::Tcp, number }
}

fn port((protocol, number): (u8, u16)) -> Port {
    let protocol = match protocol {
        1 => Protocol::Icmp,
        17 => Protocol::Udp,
        _ => Protocol::Tcp,
    };
    Port { protocol, number }
}

fn admitted(region: &Region, to: &NetworkInterface, port: Port) -> Addresses {
    let network = Network::of(region);
    reaches(&network, &Source::Internet(&everything()), to, port).admitted
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(10_000))]

    #[test]
    fn sets_agree_with_single_packets(vpc in vpc()) {
        let (region, to) = (vpc.region(), vpc.interface());
        let admitted = admitted(&region, &to, port(vpc.asked));
        for address in ADDRESSES {
            let ip = address.parse().unwrap();
            let expected = by_hand::from_internet(&region, &to, ip, vpc.asked);
            prop_assert_eq!(admitted.contains(ip), expected, "{} asks {:?}", address, vpc.asked);
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
        let reach = reaches(&network, &Source::Interface(&from), &to, port(vpc.asked));
        let expected = by_hand::from_inside(&region, &to, &from, vpc.asked);
        prop_assert_eq!(!reach.admitted.is_empty(), expected);
        prop_assert_eq!(reach.stopped.is_none(), expected);
    }

    #[test]
    fn adding_an_allow_never_closes_and_a_deny_never_opens(
        vpc in vpc(),
        allow: bool,
        broad: bool,
        egress: bool,
        at in 0..100_i32,
        cidr in 0..12_usize,
        ports in 0..6_usize,
    ) {
        let (mut region, to) = (vpc.region(), vpc.interface());
        let before = admitted(&region, &to, port(vpc.asked));
        let taken = vpc.entries.iter().enumerate().any(|(index, _)| number(index) == at);
        let entry = NetworkAclEntry {
            rule_number: if taken { at + 1 } else { at },
            egress,
            rule_action: if allow { "allow" } else { "deny" }.into(),
            protocol: if broad { "-1" } else { "6" }.into(),
            cidr: Some(net(cidr)),
            port_range: (!broad).then_some(PORTS[ports]),
            icmp_type: None,
        };
        for acl in region.network_acls.known_mut().unwrap() {
            acl.entries.insert(0, entry.clone());
        }
        let after = admitted(&region, &to, port(vpc.asked));
        let (small, large) = if allow { (&before, &after) } else { (&after, &before) };
        prop_assert!(small.minus(large).is_empty());

        let groups = region.security_groups.known_mut().unwrap();
        groups[0].ip_permissions.push(IpPermission {
            ip_protocol: "-1".into(),
            ip_ranges: vec![net(cidr)],
            ..IpPermission::default()
        });
        prop_assert!(after.minus(&admitted(&region, &to, port(vpc.asked))).is_empty());
    }

    #[test]
    fn openings_agree_with_single_ports(vpc in vpc()) {
        let (region, to) = (vpc.region(), vpc.interface());
        let network = Network::of(&region);
        let everybody = everything();
        let open = openings(&network, &Source::Internet(&everybody), &to);
        let port = port(vpc.asked);
        prop_assume!(port.protocol.has_ports());
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
    fn unread_parts_never_prove_anything_new(vpc in vpc(), part in 0..6_u8) {
        let (mut region, to) = (vpc.region(), vpc.interface());
        let truth = admitted(&region, &to, port(vpc.asked));
        let gap = Gap { call: "x".into(), reason: Reason::Denied, detail: String::new() };
        match part {
            0 => region.route_tables = Fetched::unread(gap),
            1 => region.subnets = Fetched::unread(gap),
            2 => region.network_acls = Fetched::unread(gap),
            3 => region.security_groups = Fetched::unread(gap),
            4 => region.block_public_access_exclusions = Fetched::unread(gap),
            _ => region.prefix_lists = Fetched::unread(gap),
        }
        let network = Network::of(&region);
        let everybody = everything();
        let reach = reaches(&network, &Source::Internet(&everybody), &to, port(vpc.asked));
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
        exclusions: vec![],
        asked: (6, 22),
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
    let admitted = admitted(&region, &to, tcp(22));
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
    let exclude = |region: &mut Region, mode: &str| {
        let exclusion = BlockPublicAccessExclusion {
            resource_arn: "arn:aws:ec2:r:1:vpc/vpc".into(),
            internet_gateway_exclusion_mode: mode.into(),
            state: "create-complete".into(),
        };
        region.block_public_access_exclusions = Fetched::read(vec![exclusion]);
    };
    exclude(&mut region, "allow-egress");
    assert_eq!(is_public(&region, Family::V4), Ok(false));
    exclude(&mut region, "allow-bidirectional");
    assert_eq!(is_public(&region, Family::V4), Ok(true));
}

#[test]
fn a_ping_needs_its_echo() {
    let (mut region, to) = open_vpc();
    let ping = Port { protocol: Protocol::Icmp, number: 8 };
    assert!(!admitted(&region, &to, ping).is_empty());
    let acls = region.network_acls.known_mut().unwrap();
    let outbound = acls[0].entries.iter_mut().find(|it| it.egress).unwrap();
    (outbound.protocol, outbound.icmp_type) = ("1".into(), Some(3));
    assert!(admitted(&region, &to, ping).is_empty());
    let too_big = Port { protocol: Protocol::Icmp, number: 3 };
    assert!(!admitted(&region, &to, too_big).is_empty());
}
