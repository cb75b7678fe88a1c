//! What lets a packet through, and what stops it, in words.

use std::fmt;

use ipnet::IpNet;

use crate::inventory::ec2::{IpPermission, NetworkAclEntry};

/// One thing that lets a packet through.
#[derive(Clone, Debug, PartialEq)]
pub enum Step<'a> {
    /// A route to an internet gateway.
    Route {
        /// `rtb-…`.
        table: &'a str,
        /// Destination, for an answer the caller's range.
        destination: IpNet,
        /// `igw-…`.
        target: &'a str,
    },
    /// A security group rule.
    Rule {
        /// `sg-…`.
        group: &'a str,
        /// The rule.
        permission: &'a IpPermission,
        /// The source of the rule that counts: a range, a prefix list or a group.
        source: String,
    },
    /// A network ACL entry.
    Entry {
        /// `acl-…`.
        acl: &'a str,
        /// The entry.
        entry: &'a NetworkAclEntry,
    },
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route { table, destination, target } => {
                write!(f, "{table} routes {destination} to {target}")
            }
            Self::Rule { group, permission, source } => {
                write!(f, "{group} admits {} from {source}", rule_ports(permission))
            }
            Self::Entry { acl, entry } => {
                let direction = if entry.egress { "outbound" } else { "inbound" };
                let ports = match entry.port_range {
                    Some((from, to)) => format!(" ports {from}-{to}"),
                    None => String::new(),
                };
                let (number, protocol) = (entry.rule_number, &entry.protocol);
                write!(f, "{acl} {direction} entry {number} allows protocol {protocol}{ports}")?;
                entry.cidr.map_or(Ok(()), |it| write!(f, " for {it}"))
            }
        }
    }
}

/// `tcp 22`, `udp 30000-32767`, `icmp type 8`, `everything`.
pub(crate) fn rule_ports(permission: &IpPermission) -> String {
    let protocol = permission.ip_protocol.as_str();
    match (protocol, permission.from_port, permission.to_port) {
        ("-1", _, _) => "everything".to_owned(),
        ("icmp" | "icmpv6" | "1" | "58", Some(of_type), _) if of_type >= 0 => {
            format!("{protocol} type {of_type}")
        }
        (_, Some(from), Some(to)) if from == to && from >= 0 => format!("{protocol} {from}"),
        (_, Some(from), Some(to)) if from >= 0 => format!("{protocol} {from}-{to}"),
        _ => protocol.to_owned(),
    }
}

/// Keeps the first of equal steps.
pub(super) fn dedup(steps: &mut Vec<Step<'_>>) {
    let mut seen = std::collections::BTreeSet::new();
    steps.retain(|it| seen.insert(it.to_string()));
}

/// The first thing that stops everything; later ones are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stop {
    /// The source is an interface of another VPC; peering is not followed.
    OtherVpc,
    /// Neither a public IPv4 address nor a global IPv6 address.
    NoPublicAddress,
    /// The interface refuses traffic of internet gateways.
    DenyAllIgwTraffic,
    /// VPC Block Public Access, with its mode.
    BlockPublicAccess(String),
    /// No route to an internet gateway in this table.
    NoRoute(String),
    /// No rule of any group.
    Groups,
    /// This ACL, on the way in.
    AclInbound(String),
    /// This ACL, on the way back.
    AclReturn(String),
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherVpc => f.write_str("the source is in another VPC"),
            Self::NoPublicAddress => f.write_str("no public address"),
            Self::DenyAllIgwTraffic => f.write_str("denyAllIgwTraffic is true"),
            Self::BlockPublicAccess(mode) => write!(f, "internetGatewayBlockMode is {mode}"),
            Self::NoRoute(table) => write!(f, "{table} has no route to an internet gateway"),
            Self::Groups => f.write_str("no rule of its groups admits it"),
            Self::AclInbound(acl) => write!(f, "{acl} does not admit it"),
            Self::AclReturn(acl) => write!(f, "{acl} does not let the answer out"),
        }
    }
}
