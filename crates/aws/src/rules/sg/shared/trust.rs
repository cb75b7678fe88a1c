//! Whom the nodes of clusters have to let in.

use std::{collections::BTreeSet, sync::Arc};

use eksray_rule::{ClusterId, Gap};
use ipnet::IpNet;

use super::few;
use crate::{
    RegionContext,
    cidr::{Addresses, everything, internet, is_internet_wide, union},
    inspect::{
        groups::{ClusterGroups, of_control_plane},
        items,
    },
    inventory::{
        ec2::{IpPermission, SecurityGroup},
        eks::Cluster,
    },
    net::Protocol,
};

/// Ports of the kubelet, and the default range of node ports.
const NODE_PORTS: [(i32, i32); 3] = [(10250, 10250), (10255, 10255), (30000, 32767)];

/// What the clusters whose nodes carry a group have to do with a source.
pub(in super::super) struct Trust<'a> {
    owners: BTreeSet<ClusterId>,
    groups: Arc<ClusterGroups<'a>>,
    clusters: Vec<&'a Cluster>,
    /// Subnets of their control planes.
    control_planes: Addresses,
    /// What the internet does not route.
    private: Addresses,
    /// The account's VPCs, whose ranges may be public.
    vpcs: Result<Addresses, Gap>,
    /// Excuses that could not be looked at.
    pub(in super::super) unread: Vec<Gap>,
}

impl<'a> Trust<'a> {
    pub(in super::super) fn of(
        group: &SecurityGroup,
        region: &RegionContext<'a>,
    ) -> Result<Self, Gap> {
        let groups = region.cluster_groups()?;
        let carried = groups.groups.get(group.group_id.as_str());
        let owners = carried.map(|it| it.by_nodes.clone()).unwrap_or_default();
        let all = items(&region.region.clusters).iter();
        let clusters: Vec<&Cluster> =
            all.filter(|it| owners.contains(&region.cluster_id(&it.name))).collect();
        let mut unread: Vec<Gap> =
            region.region.load_balancers.gap().into_iter().cloned().collect();
        let mut control_planes = Vec::new();
        let described = clusters.iter().filter_map(|it| it.described.known().ok());
        for id in described.flat_map(|it| &it.subnet_ids) {
            match region.network().subnet(id) {
                Ok(it) => control_planes.extend(it.cidr_block.iter().chain(&it.ipv6_cidr_blocks)),
                Err(gap) => unread.push(gap),
            }
        }
        let vpcs = region.region.vpcs.known();
        Ok(Self {
            owners,
            groups,
            clusters,
            control_planes: union(control_planes.into_iter().copied()),
            private: everything().minus(&internet()),
            vpcs: vpcs.map(|it| union(it.iter().flat_map(|it| &it.cidr_blocks).copied())),
            unread,
        })
    }

    /// The private part of a rule's ranges, in words; what is as wide as the internet is judged as such.
    pub(in super::super) fn private(
        &self,
        ranges: &[IpNet],
        permission: &IpPermission,
    ) -> Result<Option<String>, Gap> {
        let all = union(ranges.iter().copied());
        if is_internet_wide(&all) {
            return Ok(None);
        }
        let inside = |it: &Addresses| {
            let is_kubelet = ports(permission) == Some((10250, 10250));
            let found = all.and(it);
            if is_kubelet { found.minus(&self.control_planes) } else { found }
        };
        let mut found = inside(&self.private);
        match &self.vpcs {
            Ok(vpcs) => found = found.or(&inside(vpcs)),
            Err(gap) if found.is_empty() && !all.is_empty() => return Err(gap.clone()),
            Err(_) => {}
        }
        Ok((!found.is_empty()).then(|| match ranges {
            [only] => only.to_string(),
            _ => few(&found).join(", "),
        }))
    }

    /// Whether a group is one of the clusters' own: of nodes, pods, control planes or load balancers.
    pub(in super::super) fn knows(
        &self,
        group: &str,
        region: &RegionContext<'_>,
    ) -> Result<bool, Gap> {
        let carried = self.groups.groups.get(group);
        if carried.is_some_and(|it| !it.clusters.is_disjoint(&self.owners)) {
            return Ok(true);
        }
        let mut balancers = items(&region.region.load_balancers)
            .iter()
            .filter(|balancer| self.clusters.iter().any(|it| balancer.is_of(&it.name)));
        if balancers.any(|it| it.security_groups.iter().any(|it| it == group)) {
            return Ok(true);
        }
        let described: Vec<_> = self.clusters.iter().map(|it| it.described.known()).collect();
        if described.iter().flatten().any(|it| of_control_plane(it).contains(group)) {
            return Ok(true);
        }
        match described.into_iter().find_map(Result::err) {
            Some(gap) => Err(gap),
            None => Ok(false),
        }
    }
}

/// Whether a rule covers a port of the kubelet or a node port, or spans more than 1,024 ports.
pub(in super::super) fn is_broad(permission: &IpPermission) -> bool {
    ports(permission).is_some_and(|(from, to)| {
        to - from >= 1024 || NODE_PORTS.iter().any(|it| it.0 <= to && from <= it.1)
    })
}

/// First and last TCP or UDP port of a rule.
fn ports(permission: &IpPermission) -> Option<(i32, i32)> {
    match Protocol::parse(&permission.ip_protocol) {
        Ok(None) => Some((0, 65535)),
        Ok(Some(protocol)) if protocol.has_ports() => {
            let to = permission.to_port.filter(|it| *it >= 0);
            Some((permission.from_port.unwrap_or(0).max(0), to.unwrap_or(65535)))
        }
        _ => None,
    }
}
