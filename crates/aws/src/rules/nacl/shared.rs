//! The inbound half of a network ACL, in facts.

use crate::{
    cidr::Addresses,
    inventory::ec2::NetworkAcl,
    net::{Port, Protocol, Step, acl::Walk},
};

/// A TCP or UDP port.
pub(super) fn port(protocol: Protocol, number: u16) -> Port {
    Port { protocol, number }
}

/// The entries that let some of these addresses in, in the order they are asked.
pub(super) fn entries(acl: &NetworkAcl, walked: &Walk<'_>, addresses: &Addresses) -> Vec<String> {
    let allowing = walked.allowed.iter().filter(|it| !it.1.and(addresses).is_empty());
    let id = acl.network_acl_id.as_str();
    allowing.map(|(entry, _)| Step::Entry { acl: id, entry }.to_string()).collect()
}

/// That nobody wrote this ACL.
pub(super) fn default_acl(acl: &NetworkAcl) -> Option<String> {
    acl.is_default.then(|| format!("{} is the default ACL of the VPC", acl.network_acl_id))
}
