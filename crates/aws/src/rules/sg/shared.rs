//! Ingress of a group on its own, whatever interface carries it.

pub(super) mod trust;

use std::collections::BTreeSet;

use eksray_rule::{Gap, Judgement, Verdict, any};
use ipnet::IpNet;

use crate::{
    RegionContext,
    cidr::{Addresses, internet, is_internet_wide, public_ipv4_addresses, union},
    inspect::items,
    inventory::{
        ec2::{GroupRef, IpPermission, NetworkInterface, SecurityGroup},
        eks::{Cluster, ClusterDescription},
    },
    net::{
        Extent, Network, Port, Protocol,
        groups::{Rule, rule, union_of},
        rule_ports,
        stretches::stretches,
    },
};

/// Neighbouring ports that rules together open to the internet, or may.
pub(super) struct Open<'r> {
    pub(super) ports: (u16, u16),
    pub(super) rules: Vec<&'r Rule<'r>>,
    /// Why it is not sure; empty where it is.
    pub(super) doubt: Vec<Gap>,
}

/// The rules of a group that admit public addresses, and why there may be more.
pub(super) fn public_rules<'a>(
    network: &Network<'a>,
    group: &'a SecurityGroup,
) -> (Vec<Rule<'a>>, Vec<Gap>) {
    let (mut rules, mut gaps) = (Vec::new(), Vec::new());
    for permission in &group.ip_permissions {
        match rule(network, None, &group.group_id, permission) {
            Ok(it) if is_public(&it.extent.maybe) => rules.push(it),
            Ok(_) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    (rules, gaps)
}

fn is_public(addresses: &Addresses) -> bool {
    public_ipv4_addresses(addresses) > 0 || !addresses.ipv6.is_empty()
}

/// Ports of a protocol, or ICMP types, that the union of all rules opens to the internet.
pub(super) fn open_to_internet<'r>(rules: &'r [Rule<'r>], protocol: Protocol) -> Vec<Open<'r>> {
    let weights: Vec<Option<u64>> = rules
        .iter()
        .map(|it| it.extent.maybe.ipv6.is_empty().then(|| public_ipv4_addresses(&it.extent.maybe)))
        .collect();
    let mut open = Vec::new();
    for stretch in stretches(rules.iter().map(|it| it.ports(protocol)), &BTreeSet::new()) {
        // The union is worked out only where the sum of the parts could be internet-wide.
        let weight: Option<u64> = stretch.rules.iter().map(|it| weights[*it]).sum();
        if weight.is_some_and(|it| it < 1 << 24) {
            continue;
        }
        let covering: Vec<&Rule<'r>> = stretch.rules.iter().map(|it| &rules[*it]).collect();
        let all = union_of(&Extent::default(), &covering);
        let doubt = if is_internet_wide(&all.sure) { Vec::new() } else { all.gaps };
        if is_internet_wide(&all.maybe) {
            open.push(Open { ports: stretch.ports, rules: covering, doubt });
        }
    }
    open
}

/// Parts of the sensitive ports that a stretch meets, in words.
pub(super) fn sensitive(ports: &[(u16, u16)], (from, to): (u16, u16)) -> Vec<String> {
    let meeting = ports.iter().filter(|it| it.0 <= to && from <= it.1);
    meeting.map(|it| span((it.0.max(from), it.1.min(to)))).collect()
}

/// `443` or `20-80`.
pub(super) fn span((from, to): (u16, u16)) -> String {
    if from == to { from.to_string() } else { format!("{from}-{to}") }
}

/// Whether rules together admit the internet for sure.
pub(super) fn is_wide(rules: &[&Rule<'_>]) -> bool {
    is_internet_wide(&union_of(&Extent::default(), rules).sure)
}

/// Openings and the rules behind them, in facts.
#[derive(Default)]
pub(super) struct Told {
    open: Vec<String>,
    ingress: BTreeSet<String>,
}

impl Told {
    pub(super) fn add(&mut self, ports: &str, rules: &[&Rule<'_>]) {
        self.open.push(format!("open to the internet: {ports}"));
        self.ingress.extend(rules.iter().map(|it| words(it.permission)));
    }

    pub(super) fn facts(self) -> Vec<String> {
        bounded(self.open).into_iter().chain(bounded(self.ingress)).collect()
    }
}

/// The first five lines, and how many more there are.
pub(super) fn bounded(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.into_iter().collect();
    let more = lines.len().saturating_sub(5);
    lines.truncate(5);
    lines.extend((more > 0).then(|| format!("and {more} more")));
    lines
}

/// `ingress tcp 22 from 0.0.0.0/0, pl-1`.
fn words(permission: &IpPermission) -> String {
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

/// A proven failure and the excuses that were not looked at; a pass when there are no facts.
pub(super) fn failed(facts: Vec<String>, not_considered: Vec<Gap>) -> Judgement {
    if facts.is_empty() {
        return Judgement::pass();
    }
    Judgement::Fail { facts, possible: false, not_considered }
}

/// TCP, UDP and whatever else the rules name.
pub(super) fn protocols(rules: &[Rule<'_>]) -> BTreeSet<Protocol> {
    let named = rules.iter().filter_map(Rule::protocol);
    named.chain([Protocol::Tcp, Protocol::Udp]).collect()
}

/// Destination unreachable and packet too big: without them, paths with a small MTU break.
pub(super) fn is_error_message(protocol: Protocol, types: (u16, u16)) -> bool {
    match protocol {
        Protocol::Icmp => types == (3, 3),
        Protocol::Icmpv6 => 1 <= types.0 && types.1 <= 4,
        _ => false,
    }
}

/// `tcp 443`, `icmp type 8`, `icmp`.
pub(super) fn in_words(protocol: Protocol, ports: (u16, u16)) -> String {
    let whole = ports == (0, u16::MAX);
    match protocol {
        Protocol::Tcp => format!("tcp {}", span(ports)),
        Protocol::Udp => format!("udp {}", span(ports)),
        Protocol::Icmp | Protocol::Icmpv6 => {
            let name = if protocol == Protocol::Icmp { "icmp" } else { "icmpv6" };
            if whole { name.to_owned() } else { format!("{name} type {}", span(ports)) }
        }
        Protocol::Other(number) => format!("protocol {number}"),
    }
}

/// Ports at which targets of the Region's cluster load balancers listen, and what could not be read of them.
pub(super) fn target_ports(region: &RegionContext<'_>) -> (BTreeSet<i32>, Vec<Gap>) {
    let (mut ports, mut gaps) = (BTreeSet::new(), Vec::new());
    gaps.extend(region.region.load_balancers.gap().cloned());
    for balancer in items(&region.region.load_balancers) {
        gaps.extend(balancer.target_groups.gap().cloned());
        for group in items(&balancer.target_groups) {
            ports.extend(group.port.map(i32::from));
            ports.extend(items(&group.targets).iter().filter_map(|it| it.port).map(i32::from));
        }
    }
    (ports, gaps)
}

/// Whether an interface may be that of a Fargate pod: nothing marks them but what they lack.
pub(super) fn fargate_pod(it: &NetworkInterface, cluster: &Cluster) -> Result<bool, Gap> {
    if it.interface_type != "interface" || !it.description.is_empty() {
        return Ok(false);
    }
    let mut gap = None;
    for profile in cluster.fargate_profiles.known()? {
        match profile.described.known() {
            Ok(profile) if profile.subnets.contains(&it.subnet_id) => return Ok(true),
            Ok(_) => {}
            Err(unread) => gap = Some(unread),
        }
    }
    gap.map_or(Ok(false), Err)
}

/// Approved ranges, and those of the account's own VPCs, public or not.
pub(super) fn own_networks(region: &RegionContext<'_>) -> Addresses {
    let approved = region.account.settings.approved_cidrs.iter();
    let vpcs = items(&region.region.vpcs).iter().flat_map(|it| &it.cidr_blocks);
    union(approved.chain(vpcs).copied())
}

/// The public part of ranges that is not our own, in words; what is as wide as the internet is judged as such.
pub(super) fn outside(ranges: &[IpNet], own: &Addresses) -> Option<String> {
    let all = union(ranges.iter().copied());
    let outside = all.and(&internet()).minus(own);
    if outside.is_empty() || is_internet_wide(&all) {
        return None;
    }
    let shown = few(&outside).join(", ");
    Some(match outside.ipv4_addresses() {
        count @ 512.. => format!("{shown} ({count} addresses)"),
        _ => shown,
    })
}

/// A referenced group that belongs to neither this account, nor the VPC's owner, nor a trusted account.
pub(super) fn foreign(
    reference: &GroupRef,
    group: &SecurityGroup,
    region: &RegionContext<'_>,
) -> Option<String> {
    let owner = reference.user_id.as_ref()?;
    let vpc = items(&region.region.vpcs).iter().find(|it| it.vpc_id == group.vpc_id);
    let known = *owner == region.account.account.id
        || region.account.settings.trusted_accounts.contains(owner)
        || vpc.is_some_and(|it| it.owner_id.as_ref() == Some(owner));
    (!known).then(|| format!("{} of account {owner}", reference.group_id))
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

/// Marks of the AWS Load Balancer Controller and of the cloud provider before it.
const KEPT: [&str; 2] = ["elbv2.k8s.aws/targetGroupBinding=shared", "kubernetes.io/rule/nlb/"];

/// Whether every source of a rule carries the mark of a controller that makes load balancers.
pub(super) fn kept_by_controller(permission: &IpPermission) -> bool {
    let sources =
        permission.ip_ranges.len() + permission.prefix_list_ids.len() + permission.groups.len();
    let marked = |it: &&String| KEPT.iter().any(|mark| it.starts_with(mark));
    sources > 0 && permission.descriptions.iter().filter(marked).count() >= sources
}

/// Whether ranges admitted to TCP 443 are public, or as many as 2^16 private addresses; hybrid networks excepted.
pub(super) fn admitted_to_443<'a>(
    network: &Network<'a>,
    group: &'a SecurityGroup,
    cluster: &ClusterDescription,
) -> Verdict {
    let https = Port { protocol: Protocol::Tcp, number: 443 };
    let rules = group.ip_permissions.iter().map(|it| rule(network, None, &group.group_id, it));
    let (mut admitted, mut gaps) = (Vec::new(), Vec::new());
    for rule in rules {
        match rule {
            Ok(it) if it.covers(https) => {
                admitted.extend(it.extent.sure.nets());
                gaps.extend(it.extent.gaps);
            }
            Ok(_) => {}
            Err(gap) => gaps.push(gap),
        }
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
