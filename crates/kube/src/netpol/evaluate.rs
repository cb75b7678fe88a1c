//! What becomes of a connection, and what is open to those whom nobody named.

use std::net::IpAddr;

use crate::inventory::{meta::Labels, workload::Workload};

use super::{
    Answer, Netpols,
    address::are_internet_wide,
    model::{Action, Direction, Peer, Pods, Policy, PortRange, Ports, Rule, Says, Stage, Within},
    selector::{Label, matches},
};

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Endpoint<'a> {
    /// Pods of a workload.
    Pod(&'a Workload),
    /// A pod without labels in a namespace without labels that is made tomorrow.
    Stranger,
    /// Addresses outside, as many as make no difference to all of them.
    Internet,
    /// An address that is no pod's.
    Address(IpAddr),
}

/// A port of a protocol: `TCP`, `UDP` or `SCTP`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port<'a> {
    /// Protocol.
    pub protocol: &'a str,
    /// Number.
    pub number: u16,
}

/// What is open, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening<'a> {
    /// The policy whose rule admits it; none where no policy isolates.
    pub by: Option<(&'a Policy, usize)>,
    /// Protocol, first port, last port; in order.
    pub ports: Vec<(&'static str, u16, u16)>,
}

/// No name of a namespace, so that no policy can mean it by name.
const TOMORROW: &str = "a namespace made tomorrow";

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// What may become of a connection.
#[derive(Clone, Copy, Debug, Default)]
struct Fate<'a> {
    allowed: bool,
    denied: bool,
    by: Option<(&'a Policy, usize)>,
}

impl<'a> Fate<'a> {
    fn allow(&mut self, by: Option<(&'a Policy, usize)>) {
        if !self.allowed {
            self.by = by;
        }
        self.allowed = true;
    }

    fn join(&mut self, other: Self) {
        if other.allowed {
            self.allow(other.by);
        }
        self.denied |= other.denied;
    }

    fn answer(self) -> Answer {
        match (self.allowed, self.denied) {
            (true, false) => Answer::Yes,
            (false, true) => Answer::No,
            _ => Answer::Maybe,
        }
    }
}

/// A connection: the pods that policies are asked about, and the rest.
#[derive(Clone, Copy)]
struct Flow<'a> {
    workload: &'a Workload,
    direction: Direction,
    other: Endpoint<'a>,
    port: Port<'a>,
}

impl Netpols<'_> {
    /// Whether the policies let one end open a connection to a port of the other, if they are enforced.
    ///
    /// Pods in the network of their node are not subject to policies, and what runs on a node reaches the pods of
    /// that node whatever policies say.
    pub fn reaches(&self, from: Endpoint<'_>, to: Endpoint<'_>, port: Port<'_>) -> Answer {
        let out = self.one_way(from, Direction::Egress, to, port);
        let into = self.one_way(to, Direction::Ingress, from, port);
        match from {
            Endpoint::Pod(it) if it.template.host_network => into.or(Answer::Maybe),
            _ => out.and(into),
        }
    }

    fn one_way(
        &self,
        end: Endpoint<'_>,
        direction: Direction,
        other: Endpoint<'_>,
        port: Port<'_>,
    ) -> Answer {
        match end {
            Endpoint::Pod(workload) if !workload.template.host_network => {
                let flow = Flow { workload, direction, other, port };
                self.fate(&self.of(workload), &flow).answer()
            }
            _ => Answer::Yes,
        }
    }

    /// What is certainly open between a workload and somebody, by what opens it; and whether more may be.
    pub fn openings(
        &self,
        workload: &Workload,
        direction: Direction,
        other: Endpoint<'_>,
    ) -> (Vec<Opening<'_>>, bool) {
        let selected = self.of(workload);
        let (mut openings, mut unsure) = (Vec::<Opening<'_>>::new(), false);
        for protocol in PROTOCOLS {
            let starts = starts(&selected, direction, protocol, workload);
            for (at, first) in starts.iter().enumerate() {
                let last = starts.get(at + 1).map_or(u16::MAX, |next| next - 1);
                let port = Port { protocol, number: *first };
                let fate = self.fate(&selected, &Flow { workload, direction, other, port });
                match fate.answer() {
                    Answer::Yes => add(&mut openings, fate.by, (protocol, *first, last)),
                    Answer::Maybe => unsure = true,
                    Answer::No => {}
                }
            }
        }
        (openings, unsure)
    }

    fn fate<'p>(&self, policies: &[(&'p Policy, Answer)], flow: &Flow<'_>) -> Fate<'p> {
        let stage = |at: usize| policies.get(at).map(|(it, _)| it.place.stage);
        let Some(now) = stage(0) else {
            return Fate { allowed: true, ..Fate::default() };
        };
        let end = (0..policies.len()).find(|at| stage(*at) != Some(now)).unwrap_or(policies.len());
        let (here, later) = policies.split_at(end);
        let (mut fate, mut isolated) = (Fate::default(), Answer::No);
        for (policy, selected) in here {
            let rules = match policy.says(flow.direction) {
                Says::Nothing => continue,
                Says::Unknown => {
                    isolated = isolated.or(Answer::Maybe);
                    fate.allow(None);
                    fate.denied = true;
                    continue;
                }
                Says::Rules(rules) => rules,
            };
            isolated = isolated.or(*selected);
            for (at, rule) in rules.iter().enumerate() {
                let matched = selected.and(self.rule(rule, flow));
                match (matched, rule.action) {
                    (Answer::No, _) => continue,
                    (_, Action::Allow) => fate.allow(Some((*policy, at))),
                    (_, Action::Deny) => fate.denied = true,
                    (_, Action::Pass) => fate.join(self.fate(later, flow)),
                }
                if matched == Answer::Yes {
                    return fate;
                }
            }
        }
        if now == Stage::Ordinary && isolated != Answer::No {
            fate.denied = true;
            if isolated == Answer::Yes {
                return fate;
            }
        }
        fate.join(self.fate(later, flow));
        fate
    }

    fn rule(&self, rule: &Rule, flow: &Flow<'_>) -> Answer {
        let port = match &rule.ports {
            None => Answer::Yes,
            Some(ports) => {
                let destination = match (flow.direction, flow.other) {
                    (Direction::Ingress, _) => Some(flow.workload),
                    (Direction::Egress, Endpoint::Pod(it)) => Some(it),
                    _ => None,
                };
                let all = ports.iter().map(|it| port_answer(it, flow.port, destination));
                all.fold(Answer::No, Answer::or)
            }
        };
        if port == Answer::No {
            return Answer::No;
        }
        let peers = rule.peers.iter().map(|it| self.peer(it, flow.other));
        port.and(peers.fold(Answer::No, Answer::or))
    }

    fn peer(&self, peer: &Peer, end: Endpoint<'_>) -> Answer {
        match (peer, end) {
            (Peer::Everyone, _) => Answer::Yes,
            (Peer::Some, Endpoint::Stranger | Endpoint::Internet)
            | (Peer::Pods(_), Endpoint::Internet | Endpoint::Address(_))
            | (Peer::Blocks(_), Endpoint::Stranger) => Answer::No,
            (Peer::Some | Peer::Unknown, _) => Answer::Maybe,
            (Peer::Pods(pods), Endpoint::Pod(it)) => {
                // Its address is the node's: engines differ.
                let most = if it.template.host_network { Answer::Maybe } else { Answer::Yes };
                self.matches(pods, it).and(most)
            }
            (Peer::Pods(pods), Endpoint::Stranger) => stranger(pods),
            (Peer::Blocks(blocks), Endpoint::Internet) => are_internet_wide(blocks).into(),
            (Peer::Blocks(blocks), Endpoint::Address(it)) => {
                blocks.iter().any(|block| block.contains(it)).into()
            }
            // Blocks are for addresses outside the cluster; whether they match pods depends on the engine.
            (Peer::Blocks(blocks), Endpoint::Pod(it)) => {
                let ips = it.pods.ips.iter().filter_map(|it| it.parse::<IpAddr>().ok());
                let inside = |ip: IpAddr| blocks.iter().any(|block| block.contains(ip));
                let may = it.pods.ips.is_empty() || ips.into_iter().any(inside);
                if may { Answer::Maybe } else { Answer::No }
            }
        }
    }
}

fn stranger(pods: &Pods) -> Answer {
    let labels = Labels::from([("kubernetes.io/metadata.name".to_owned(), TOMORROW.to_owned())]);
    let namespace = pods.within.matches(TOMORROW, Some(&labels));
    let selected = pods
        .selector
        .as_ref()
        .map_or(Answer::Maybe, |selector| matches(selector, &|_| Label::Absent));
    match &pods.within {
        Within::Named(_) => Answer::No,
        _ => namespace.and(selected),
    }
}

fn port_answer(range: &PortRange, port: Port<'_>, destination: Option<&Workload>) -> Answer {
    if !range.protocol.is_empty() && range.protocol != port.protocol {
        return Answer::No;
    }
    match (&range.ports, destination) {
        (Ports::Range(first, last), _) => (*first <= port.number && port.number <= *last).into(),
        (Ports::Unknown, _) => Answer::Maybe,
        (Ports::Named(name), Some(pods)) => {
            let mut named =
                pods.port_named(name).filter(|it| protocol(&it.protocol) == port.protocol);
            named.any(|it| it.container_port == port.number).into()
        }
        (Ports::Named(_), None) => Answer::No,
    }
}

/// The API's default.
fn protocol(written: &str) -> &str {
    if written.is_empty() { "TCP" } else { written }
}

/// Ports at which an answer may change, from 0 on.
fn starts(
    policies: &[(&Policy, Answer)],
    direction: Direction,
    of: &str,
    workload: &Workload,
) -> Vec<u16> {
    let mut starts = vec![0];
    let mut range = |first: u16, last: u16| {
        starts.push(first);
        starts.extend(last.checked_add(1));
    };
    for (policy, _) in policies {
        let Says::Rules(rules) = policy.says(direction) else { continue };
        for it in rules.iter().filter_map(|it| it.ports.as_ref()).flatten() {
            if !it.protocol.is_empty() && it.protocol != of {
                continue;
            }
            match &it.ports {
                Ports::Range(first, last) => range(*first, *last),
                Ports::Named(name) => {
                    workload
                        .port_named(name)
                        .for_each(|it| range(it.container_port, it.container_port));
                }
                Ports::Unknown => {}
            }
        }
    }
    starts.sort_unstable();
    starts.dedup();
    starts
}

fn add<'a>(
    openings: &mut Vec<Opening<'a>>,
    by: Option<(&'a Policy, usize)>,
    (protocol, first, last): (&'static str, u16, u16),
) {
    let same = |it: &Opening<'a>| match (it.by, by) {
        (Some((a, at)), Some((b, other))) => std::ptr::eq(a, b) && at == other,
        (one, other) => one.is_none() && other.is_none(),
    };
    let at = openings.iter().position(same).unwrap_or(openings.len());
    if at == openings.len() {
        openings.push(Opening { by, ports: Vec::new() });
    }
    let ports = &mut openings[at].ports;
    match ports.last_mut() {
        Some((same, _, end)) if *same == protocol && end.checked_add(1) == Some(first) => {
            *end = last;
        }
        _ => ports.push((protocol, first, last)),
    }
}
