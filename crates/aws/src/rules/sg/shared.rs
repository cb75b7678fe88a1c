//! Ingress of a group on its own, whatever interface carries it.

use std::collections::BTreeSet;

use eksray_rule::{Gap, Judgement, Verdict, any};

use crate::{
    cidr::{Addresses, internet, is_internet_wide, public_ipv4_addresses, union},
    inventory::{
        ec2::{IpPermission, SecurityGroup},
        eks::ClusterDescription,
    },
    net::{
        Extent, Network, Port, Protocol,
        groups::{covers, sources},
        rule_ports,
    },
};

/// Neighbouring ports that a group opens to the internet, and its rules that together do.
pub(super) struct Open<'a> {
    pub(super) protocol: Protocol,
    pub(super) ports: (u16, u16),
    pub(super) rules: Vec<&'a IpPermission>,
}

/// TCP and UDP ports that the union of all rules opens to the internet, and what could not be read of the rest.
pub(super) fn open_to_internet<'a>(
    network: &Network<'_>,
    group: &'a SecurityGroup,
) -> (Vec<Open<'a>>, Vec<Gap>) {
    let rules: Vec<(&IpPermission, Extent)> =
        group.ip_permissions.iter().map(|it| (it, sources(network, it))).collect();
    let (mut open, mut gaps) = (Vec::<Open<'a>>::new(), Vec::new());
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let starts: Vec<u16> = turning_ports(group, protocol).into_iter().collect();
        for (index, number) in starts.iter().enumerate() {
            let last = starts.get(index + 1).map_or(u16::MAX, |it| it - 1);
            let port = Port { protocol, number: *number };
            let here = rules.iter().filter(|it| covers(it.0, port) == Some(true));
            let here: Vec<&(&IpPermission, Extent)> = here.filter(|it| is_public(&it.1)).collect();
            let all = join(&here);
            if !is_internet_wide(&all.sure) {
                if is_internet_wide(&all.maybe) {
                    gaps.extend(all.gaps);
                }
                continue;
            }
            let rules: Vec<&IpPermission> = here.iter().map(|it| it.0).collect();
            match open.last_mut() {
                Some(it)
                    if it.protocol == protocol
                        && it.ports.1.checked_add(1) == Some(*number)
                        && it.rules == rules =>
                {
                    it.ports.1 = last;
                }
                _ => open.push(Open { protocol, ports: (*number, last), rules }),
            }
        }
    }
    (open, gaps)
}

/// Ports at which a rule begins or has just ended.
fn turning_ports(group: &SecurityGroup, protocol: Protocol) -> BTreeSet<u16> {
    let mut ports = BTreeSet::from([0]);
    for permission in &group.ip_permissions {
        let first = permission.from_port.and_then(|it| u16::try_from(it).ok());
        if covers(permission, Port { protocol, number: first.unwrap_or(0) }) == Some(true) {
            ports.extend(first);
            ports.extend(permission.to_port.and_then(|it| u16::try_from(it.checked_add(1)?).ok()));
        }
    }
    ports
}

fn is_public(extent: &Extent) -> bool {
    public_ipv4_addresses(&extent.maybe) > 0 || !extent.maybe.ipv6.is_empty()
}

/// The union, skipped where the sum of the parts cannot be internet-wide.
fn join(rules: &[&(&IpPermission, Extent)]) -> Extent {
    let addresses: u64 = rules.iter().map(|it| public_ipv4_addresses(&it.1.maybe)).sum();
    if addresses < 1 << 24 && rules.iter().all(|it| it.1.maybe.ipv6.is_empty()) {
        return Extent::default();
    }
    rules.iter().fold(Extent::default(), |all, it| all.or(it.1.clone()))
}

/// `ingress tcp 22 from 0.0.0.0/0, pl-1`.
pub(super) fn words(permission: &IpPermission) -> String {
    let ranges = permission.ip_ranges.iter().map(ToString::to_string);
    let lists = permission.prefix_list_ids.iter().cloned();
    let sources: Vec<String> = ranges.chain(lists).collect();
    let shown = sources.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    let more = match sources.len().saturating_sub(5) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("ingress {} from {shown}{more}", rule_ports(permission))
}

/// Sources of a rule of the cluster security group that are neither the group itself nor excused.
///
/// TCP 443 with private access on is judged by its addresses, in [`admitted_to_443`].
pub(super) fn extra(
    permission: &IpPermission,
    group: &SecurityGroup,
    cluster: &ClusterDescription,
) -> Vec<String> {
    let is_https = permission.ip_protocol == "tcp"
        && permission.from_port == Some(443)
        && permission.to_port == Some(443);
    if is_https && cluster.endpoint_private_access {
        return Vec::new();
    }
    let is_all = permission.ip_protocol == "-1";
    let ranges = permission.ip_ranges.iter().map(ToString::to_string);
    let groups = permission.groups.iter().map(|it| &it.group_id);
    let groups = groups.filter(|it| !(is_all && **it == group.group_id)).cloned();
    let sources = ranges.chain(permission.prefix_list_ids.iter().cloned()).chain(groups);
    sources.map(|it| format!("ingress {} from {it}", rule_ports(permission))).collect()
}

/// Whether every source of a rule carries the mark of the AWS Load Balancer Controller.
pub(super) fn kept_by_controller(permission: &IpPermission) -> bool {
    let sources =
        permission.ip_ranges.len() + permission.prefix_list_ids.len() + permission.groups.len();
    let marked = |it: &&String| it.as_str() == "elbv2.k8s.aws/targetGroupBinding=shared";
    sources > 0 && permission.descriptions.iter().filter(marked).count() >= sources
}

/// Whether ranges admitted to TCP 443 are public, or as many as 2^16 private addresses; hybrid networks excepted.
pub(super) fn admitted_to_443(
    network: &Network<'_>,
    group: &SecurityGroup,
    cluster: &ClusterDescription,
) -> Verdict {
    let https = Port { protocol: Protocol::Tcp, number: 443 };
    let rules = group.ip_permissions.iter().filter(|it| covers(it, https) == Some(true));
    let (mut admitted, mut gaps) = (Vec::new(), Vec::new());
    for extent in rules.map(|it| sources(network, it)) {
        admitted.extend(extent.sure.nets());
        gaps.extend(extent.gaps);
    }
    let outside = union(admitted).minus(&union(cluster.remote_networks.iter().copied()));
    let public = outside.and(&internet());
    let private = outside.minus(&public);
    let mut facts: Vec<String> =
        few(&public).into_iter().map(|it| format!("ingress tcp 443 from public {it}")).collect();
    // Two subnets' worth of IPv6; a single one is larger than any count could tell.
    if private.ipv4_addresses() >= 1 << 16 || private.ipv6.iter().any(|it| it.prefix_len() < 64) {
        facts.push(format!("ingress tcp 443 from private {}", few(&private).join(", ")));
    }
    any([Ok(Judgement::of(facts))].into_iter().chain(gaps.into_iter().map(Err)))
}

/// The first five ranges, and how many more there are.
fn few(addresses: &Addresses) -> Vec<String> {
    let all: Vec<String> = addresses.nets().map(|it| it.to_string()).collect();
    let more = all.len().saturating_sub(5);
    let more = (more > 0).then(|| format!("{more} more ranges"));
    all.into_iter().take(5).chain(more).collect()
}
