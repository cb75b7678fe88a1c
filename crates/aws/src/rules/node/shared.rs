//! What an opening means to a node, worst first, and how it is told.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Gap, Judgement, Verdict};

use crate::{
    RegionContext,
    cidr::{Addresses, is_internet_wide},
    inspect::{few, views::Interfaces},
    inventory::ec2::{Instance, NetworkInterface},
    net::{
        Network, Opening, Port, Protocol, Source,
        groups::{Rule, granting, steps, union_of},
        openings,
    },
    node_pool::missing,
};

/// What listens on a node at these ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    All,
    Kubelet,
    Etcd,
    RemoteAccess,
    NodePorts,
    Other,
}

const CLASSES: [(Class, &[(u16, u16)]); 4] = [
    (Class::Kubelet, &[(10250, 10250), (10255, 10255)]),
    (Class::Etcd, &[(2379, 2380)]),
    (Class::RemoteAccess, &[(22, 22), (3389, 3389), (5985, 5986)]),
    (Class::NodePorts, &[(30000, 32767)]),
];

/// The worst class that a stretch of ports meets.
fn class((from, to): (u16, u16)) -> Class {
    if from <= 1 && to == u16::MAX {
        return Class::All;
    }
    let meets = |ranges: &[(u16, u16)]| ranges.iter().any(|it| it.0 <= to && from <= it.1);
    CLASSES.iter().find(|it| meets(it.1)).map_or(Class::Other, |it| it.0)
}

fn words(class: Class) -> &'static str {
    match class {
        Class::All => "all ports",
        Class::Kubelet => "kubelet",
        Class::Etcd => "etcd",
        Class::RemoteAccess => "remote access",
        Class::NodePorts => "NodePorts",
        Class::Other => "other ports",
    }
}

/// Interfaces, and the steps that let packets through to them.
type Shown<'a> = (BTreeSet<&'a str>, Vec<String>);

/// Openings to internet-wide sources: by class and ports the interfaces, then the steps that let them through.
#[derive(Default)]
pub(super) struct Exposure<'a> {
    open: BTreeMap<(Class, Protocol, (u16, u16)), Shown<'a>>,
    pub(super) gaps: Vec<Gap>,
}

impl<'a> Exposure<'a> {
    /// Looks at an interface; those that differ in nothing that matters are looked at once.
    pub(super) fn of(
        network: &Network<'a>,
        source: &Addresses,
        interfaces: &[&'a NetworkInterface],
    ) -> Self {
        let mut alike: BTreeMap<_, Vec<&NetworkInterface>> = BTreeMap::new();
        for it in interfaces {
            let families = (it.public_ip.is_some(), !it.ipv6_addresses.is_empty());
            let key = (&it.subnet_id, &it.groups, families, it.deny_all_igw_traffic);
            alike.entry(key).or_default().push(it);
        }
        let mut exposure = Self::default();
        for same in alike.values() {
            for opening in openings(network, &Source::Internet(source), same[0]) {
                exposure.add(&opening, same);
            }
        }
        exposure.gaps.sort();
        exposure.gaps.dedup();
        exposure
    }

    fn add(&mut self, opening: &Opening<'_>, same: &[&'a NetworkInterface]) {
        if is_internet_wide(&opening.reach.admitted) {
            let key = (class(opening.ports), opening.protocol, opening.ports);
            let (interfaces, proof) = self.open.entry(key).or_default();
            interfaces.extend(same.iter().map(|it| it.network_interface_id.as_str()));
            proof.extend(opening.reach.proof.iter().map(ToString::to_string));
        } else if is_internet_wide(&opening.reach.possible) {
            self.gaps.extend(opening.reach.gaps.iter().cloned());
        }
    }

    /// Openings, worst first, then what lets them through; an edge pool may serve what is neither control nor remote access.
    pub(super) fn verdicts(&self, edge: Option<&str>) -> Vec<Verdict> {
        let (mut failed, mut accepted) = (Told::default(), Told::default());
        for ((class, protocol, ports), (interfaces, proof)) in &self.open {
            let interfaces = few(interfaces.iter().map(|it| (*it).to_owned()));
            let protocol = if *protocol == Protocol::Tcp { "tcp" } else { "udp" };
            let line = format!("{}: {protocol} {} on {interfaces}", words(*class), span(*ports));
            let is_served = edge.is_some() && *class >= Class::NodePorts;
            let told = if is_served { &mut accepted } else { &mut failed };
            told.openings.push(line);
            for step in proof {
                if !told.steps.contains(step) {
                    told.steps.push(step.clone());
                }
            }
        }
        let failed = Judgement::of(failed.facts());
        let accepted = match (accepted.facts(), edge) {
            (facts, Some(reason)) if !facts.is_empty() => Judgement::accepted(facts, reason),
            _ => Judgement::pass(),
        };
        let gaps = self.gaps.iter().cloned().map(Err);
        [Ok(failed), Ok(accepted)].into_iter().chain(gaps).collect()
    }
}

#[derive(Default)]
struct Told {
    openings: Vec<String>,
    steps: Vec<String>,
}

impl Told {
    fn facts(self) -> Vec<String> {
        self.openings.into_iter().chain(self.steps).collect()
    }
}

/// Interfaces of instances, and why there may be more.
pub(super) fn interfaces_of<'a>(
    instances: &[&Instance],
    region: &RegionContext<'a>,
) -> (Vec<&'a NetworkInterface>, BTreeSet<Gap>) {
    let (mut found, mut gaps) = (Vec::new(), BTreeSet::new());
    let interfaces = region.interfaces();
    for instance in instances {
        match of_instance(instance, &interfaces, region) {
            Ok(interfaces) => found.extend(interfaces),
            Err(gap) => drop(gaps.insert(gap)),
        }
    }
    (found, gaps)
}

/// Every instance has an interface: none is a gap too.
fn of_instance<'i, 'a>(
    instance: &Instance,
    interfaces: &'i Interfaces<'a>,
    region: &RegionContext<'_>,
) -> Result<&'i [&'a NetworkInterface], Gap> {
    region.region.network_interfaces.known()?;
    let found = interfaces.get(instance.instance_id.as_str()).map(Vec::as_slice);
    found.ok_or_else(|| missing("ec2:DescribeNetworkInterfaces", &instance.instance_id))
}

/// SSH and remote desktop.
const LOGIN: [u16; 2] = [22, 3389];

/// The rules of groups that together open SSH or remote desktop to the internet; the gap is that more may.
pub(super) fn login_ports(
    groups: &[String],
    region: &RegionContext<'_>,
) -> Result<Vec<String>, Gap> {
    let network = region.network();
    let granting = granting(&network, None, groups);
    let (mut open, mut doubt) = (Vec::new(), None);
    for number in LOGIN {
        let port = Port { protocol: Protocol::Tcp, number };
        let rules: Vec<&Rule<'_>> = granting.rules.iter().filter(|it| it.covers(port)).collect();
        let admitted = union_of(&granting.unread, &rules);
        if is_internet_wide(&admitted.sure) {
            open.extend(steps(&rules, &admitted.sure).iter().map(ToString::to_string));
        } else if is_internet_wide(&admitted.maybe) {
            doubt = doubt.or(admitted.gaps.into_iter().next());
        }
    }
    open.dedup();
    match doubt {
        Some(gap) if open.is_empty() => Err(gap),
        _ => Ok(open),
    }
}

/// Instances that a key pair logs in to and whose groups open a login port to the internet.
pub(super) fn logins(instances: &[&Instance], region: &RegionContext<'_>) -> Vec<Verdict> {
    let mut alike: BTreeMap<(&str, &[String]), BTreeSet<&str>> = BTreeMap::new();
    let mut verdicts = Vec::new();
    let interfaces = region.interfaces();
    for instance in instances {
        let Some(key) = &instance.key_name else { continue };
        match of_instance(instance, &interfaces, region) {
            Err(gap) => verdicts.push(Err(gap)),
            Ok(interfaces) => {
                for it in interfaces {
                    alike.entry((key, &it.groups)).or_default().insert(&instance.instance_id);
                }
            }
        }
    }
    verdicts.extend(alike.into_iter().map(|((key, groups), instances)| {
        let mut facts = login_ports(groups, region)?;
        if !facts.is_empty() {
            let on = few(instances.into_iter().map(str::to_owned));
            facts.insert(0, format!("KeyName is {key} on {on}"));
        }
        Ok(Judgement::of(facts))
    }));
    verdicts
}

fn span((from, to): (u16, u16)) -> String {
    if from == to { from.to_string() } else { format!("{from}-{to}") }
}
