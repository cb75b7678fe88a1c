//! Subjects of the network: node pools, groups and subnets.

use eksray_rule::{Entry, Outcome, Verdict};

use super::{Check, RegionContext};
use crate::{
    inventory::{
        ec2::{SecurityGroup, Subnet},
        eks::Cluster,
    },
    node_pool::NodePool,
};

pub(super) fn node_pools(
    _: &Entry<Check>,
    _: &RegionContext<'_>,
    _: fn(&NodePool<'_>, &RegionContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn cluster_groups(
    _: &Entry<Check>,
    _: &RegionContext<'_>,
    _: fn(&SecurityGroup, &RegionContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn control_plane_groups(
    _: &Entry<Check>,
    _: &RegionContext<'_>,
    _: fn(&SecurityGroup, &Cluster, &RegionContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn cluster_subnets(
    _: &Entry<Check>,
    _: &RegionContext<'_>,
    _: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
pub(super) fn node_subnets(
    _: &Entry<Check>,
    _: &RegionContext<'_>,
    _: fn(&Subnet, &RegionContext<'_>) -> Verdict,
    _: &mut Vec<Outcome>,
) {
}
