//! Network ACLs: ascending, the first match decides, nothing is remembered.

use std::collections::BTreeSet;

use eksray_rule::Gap;

use super::{Extent, Network, Port, Protocol, Source, Step, Stop, private_addresses};
use crate::{
    cidr::{Addresses, Family, everything, union},
    inventory::ec2::{NetworkAcl, NetworkAclEntry, NetworkInterface},
    node_pool::missing,
};

/// Ports from which callers call; one that may be answered is enough.
const EPHEMERAL: (u16, u16) = (1024, 65535);

/// What passes the ACLs in both directions.
#[derive(Clone, Debug)]
pub(super) struct Crossed<'a> {
    pub(super) extent: Extent,
    /// What to blame where nothing passes.
    pub(super) stop: Stop,
    allowed: Vec<(&'a str, &'a NetworkAclEntry, Addresses)>,
}

impl<'a> Crossed<'a> {
    /// The entries that allow some of these addresses.
    pub(super) fn steps(&self, addresses: &Addresses) -> Vec<Step<'a>> {
        let allows = |it: &&(&str, &NetworkAclEntry, Addresses)| !it.2.and(addresses).is_empty();
        let allowed = self.allowed.iter().filter(allows);
        allowed.map(|(acl, entry, _)| Step::Entry { acl, entry }).collect()
    }

    fn unknown(gap: Gap) -> Self {
        let stop = Stop::AclInbound(String::new());
        Self { extent: Extent::unknown(gap), stop, allowed: Vec::new() }
    }
}

/// What one direction of an ACL lets through.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk<'a> {
    pub(crate) extent: Extent,
    pub(crate) allowed: Vec<(&'a NetworkAclEntry, Addresses)>,
}

/// Walks one direction of an ACL for one protocol and port.
pub(crate) fn walk(acl: &NetworkAcl, egress: bool, port: Port) -> Walk<'_> {
    let mut entries: Vec<_> = acl.entries.iter().filter(|it| it.egress == egress).collect();
    entries.sort_by_key(|it| it.rule_number);
    let mut walk = Walk::default();
    // What no earlier entry surely decided, and what none possibly decided.
    let (mut maybe_left, mut sure_left) = (everything(), everything());
    for entry in entries {
        let Some(cidr) = entry.cidr else { continue };
        let range = union([cidr]);
        match applies(entry, port) {
            Some(false) => continue,
            Some(true) if entry.rule_action == "allow" => {
                let hit = sure_left.and(&range);
                walk.extent.sure = walk.extent.sure.or(&hit);
                walk.extent.maybe = walk.extent.maybe.or(&maybe_left.and(&range));
                walk.allowed.push((entry, hit));
            }
            Some(true) => {}
            None => {
                if entry.rule_action == "allow" {
                    walk.extent.maybe = walk.extent.maybe.or(&maybe_left.and(&range));
                } else {
                    sure_left = sure_left.minus(&range);
                }
                walk.extent.gaps.push(missing("ec2:DescribeNetworkAcls", &entry.protocol));
                continue;
            }
        }
        sure_left = sure_left.minus(&range);
        maybe_left = maybe_left.minus(&range);
    }
    walk
}

/// Whether an entry speaks of a protocol and port; `None` where its protocol cannot be told.
fn applies(entry: &NetworkAclEntry, port: Port) -> Option<bool> {
    match Protocol::parse(&entry.protocol) {
        Err(()) => None,
        Ok(Some(protocol)) if protocol != port.protocol => Some(false),
        Ok(Some(protocol)) if protocol.has_ports() => {
            Some(entry.port_range.is_none_or(|(from, to)| from <= port.number && port.number <= to))
        }
        Ok(Some(Protocol::Icmp | Protocol::Icmpv6)) => {
            Some(entry.icmp_type.is_none_or(|it| it < 0 || it == i32::from(port.number)))
        }
        Ok(_) => Some(true),
    }
}

/// The ACL of a subnet, else the default ACL of its VPC.
pub(crate) fn acl_of<'a>(
    network: &Network<'a>,
    subnet: &str,
    vpc: &str,
) -> Result<&'a NetworkAcl, Gap> {
    let acls = network.acls.as_ref().map_err(Gap::clone)?;
    acls.get(subnet, vpc).ok_or_else(|| missing("ec2:DescribeNetworkAcls", subnet))
}

/// Ports at which an inbound entry of an interface's ACL begins or has just ended.
pub(super) fn turning_ports(
    network: &Network<'_>,
    interface: &NetworkInterface,
    protocol: Protocol,
) -> BTreeSet<u16> {
    let own = acl_of(network, &interface.subnet_id, &interface.vpc_id);
    own.map(|it| turns(&[it], protocol, false)).unwrap_or_default()
}

/// Ports at which some entry begins or has just ended: all others behave like the one before them.
fn turns(acls: &[&NetworkAcl], protocol: Protocol, egress: bool) -> BTreeSet<u16> {
    let mut ports = BTreeSet::new();
    let entries = acls.iter().flat_map(|it| &it.entries).filter(|it| it.egress == egress);
    for entry in entries.filter(|it| Protocol::parse(&it.protocol) == Ok(Some(protocol))) {
        if let Some((from, to)) = entry.port_range {
            ports.insert(from);
            ports.extend(to.checked_add(1));
        }
    }
    ports
}

/// Addresses to which the interface's own ACL lets answers leave; the port does not matter to TCP and UDP.
pub(super) fn answers<'a>(
    network: &Network<'a>,
    interface: &NetworkInterface,
    port: Port,
) -> Walk<'a> {
    let own = acl_of(network, &interface.subnet_id, &interface.vpc_id);
    own.map(|it| returns(it, port)).unwrap_or_default()
}

/// Source addresses that pass the ACLs to the port and back from it.
pub(super) fn cross<'a>(
    network: &Network<'a>,
    source: &Source<'_>,
    interface: &NetworkInterface,
    port: Port,
    family: Family,
    answers: &Walk<'a>,
) -> Crossed<'a> {
    let own = match acl_of(network, &interface.subnet_id, &interface.vpc_id) {
        Ok(acl) => acl,
        Err(_) if same_subnet(source, interface) => return within(),
        Err(gap) => return Crossed::unknown(gap),
    };
    match source {
        Source::Internet(_) => {
            let mut crossed = inbound(own, port);
            add_return(&mut crossed, own, answers.clone());
            crossed
        }
        Source::Interface(_) if same_subnet(source, interface) => within(),
        Source::Interface(from) => match acl_of(network, &from.subnet_id, &from.vpc_id) {
            Err(gap) => Crossed::unknown(gap),
            Ok(theirs) => between(own, theirs, interface, port, family, answers),
        },
    }
}

fn same_subnet(source: &Source<'_>, interface: &NetworkInterface) -> bool {
    matches!(source, Source::Interface(from) if from.subnet_id == interface.subnet_id)
}

/// Inside one subnet no ACL is asked.
fn within<'a>() -> Crossed<'a> {
    let stop = Stop::AclInbound(String::new());
    Crossed { extent: Extent::of(everything()), stop, allowed: Vec::new() }
}

fn inbound(acl: &NetworkAcl, port: Port) -> Crossed<'_> {
    let walked = walk(acl, false, port);
    let id = acl.network_acl_id.as_str();
    let allowed = walked.allowed.into_iter().map(|(entry, hit)| (id, entry, hit)).collect();
    Crossed { extent: walked.extent, stop: Stop::AclInbound(id.to_owned()), allowed }
}

fn add_return<'a>(crossed: &mut Crossed<'a>, acl: &'a NetworkAcl, back: Walk<'a>) {
    if !crossed.extent.maybe.is_empty() {
        crossed.stop = Stop::AclReturn(acl.network_acl_id.clone());
    }
    crossed.extent = std::mem::take(&mut crossed.extent).and(back.extent);
    let id = acl.network_acl_id.as_str();
    crossed.allowed.extend(back.allowed.into_iter().map(|(entry, hit)| (id, entry, hit)));
}

/// Addresses to which an answer leaves, from at least one port that a caller may have picked.
fn returns(acl: &NetworkAcl, port: Port) -> Walk<'_> {
    let mut all = Walk::default();
    let Some(numbers) = return_ports(&[acl], port) else {
        return Walk { extent: Extent::of(everything()), allowed: Vec::new() };
    };
    for number in numbers {
        let walked = walk(acl, true, Port { number, ..port });
        all.extent = all.extent.or(walked.extent);
        for (entry, hit) in walked.allowed {
            match all.allowed.iter_mut().find(|it| std::ptr::eq(it.0, entry)) {
                Some(it) => it.1 = it.1.or(&hit),
                None => all.allowed.push((entry, hit)),
            }
        }
    }
    all
}

/// One port of each stretch of caller's ports that every entry treats alike; of ICMP the type of the answer.
///
/// None where a packet asks for no answer.
fn return_ports(acls: &[&NetworkAcl], port: Port) -> Option<BTreeSet<u16>> {
    let answer = match (port.protocol, port.number) {
        (Protocol::Tcp | Protocol::Udp, _) => {
            let mut ports = turns(acls, port.protocol, true);
            ports.extend(turns(acls, port.protocol, false));
            ports.retain(|it| (EPHEMERAL.0..=EPHEMERAL.1).contains(it));
            ports.insert(EPHEMERAL.0);
            return Some(ports);
        }
        (Protocol::Icmp, 8) | (Protocol::Other(_), _) => 0,
        (Protocol::Icmp, asks @ (13 | 15 | 17)) => asks + 1,
        (Protocol::Icmpv6, 128) => 129,
        (Protocol::Icmp | Protocol::Icmpv6, _) => return None,
    };
    Some(BTreeSet::from([answer]))
}

/// Two subnets of one VPC: out of theirs, into ours, and the answer on one port out of ours and into theirs.
fn between<'a>(
    own: &'a NetworkAcl,
    theirs: &'a NetworkAcl,
    to: &NetworkInterface,
    port: Port,
    family: Family,
    answers: &Walk<'a>,
) -> Crossed<'a> {
    let targets = private_addresses(to).only(family);
    let mut crossed = inbound(own, port);
    let there = walk(theirs, true, port).extent;
    let mut back = Extent::default();
    for target in targets.nets().map(|it| union([it])) {
        let mut one = Extent::default();
        let numbers = return_ports(&[own, theirs], port);
        if numbers.is_none() {
            one = Extent::of(everything());
        }
        for number in numbers.into_iter().flatten() {
            let port = Port { number, ..port };
            let out = walk(own, true, port).extent;
            one = one.or(gated(out, &walk(theirs, false, port).extent, &target));
        }
        back = back.or(gated(one, &there, &target));
    }
    let answered = Walk { extent: back, allowed: answers.allowed.clone() };
    add_return(&mut crossed, own, answered);
    crossed
}

/// An extent of sources that counts only as far as a gate admits a target.
fn gated(extent: Extent, gate: &Extent, target: &Addresses) -> Extent {
    let open = |it: &Addresses| it.and(target) == *target;
    Extent {
        sure: if open(&gate.sure) { extent.sure } else { Addresses::default() },
        maybe: if open(&gate.maybe) { extent.maybe } else { Addresses::default() },
        gaps: extent.gaps.into_iter().chain(gate.gaps.iter().cloned()).collect(),
    }
}
