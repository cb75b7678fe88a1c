//! VPC Block Public Access, with the VPCs and subnets that it leaves out.

use eksray_rule::Gap;

use super::Network;
use crate::inventory::ec2::{BlockPublicAccessExclusion, Subnet};

/// The mode that shuts a subnet off from internet gateways, where one does.
pub(super) fn mode<'s>(network: &Network<'_>, subnet: &'s Subnet) -> Result<Option<&'s str>, Gap> {
    let mode = subnet.internet_gateway_block_mode.as_deref().filter(|it| *it != "off");
    let Some(mode) = mode else { return Ok(None) };
    let exclusions = network.region.block_public_access_exclusions.known()?;
    let is_open = exclusions.iter().any(|it| admits(it) && names(it, subnet));
    Ok((!is_open).then_some(mode))
}

/// `allow-egress` lets nobody in. What is being made or unmade counts.
fn admits(it: &BlockPublicAccessExclusion) -> bool {
    let is_void = ["create-failed", "delete-complete", "disable-complete"];
    it.internet_gateway_exclusion_mode == "allow-bidirectional"
        && !is_void.contains(&it.state.as_str())
}

fn names(it: &BlockPublicAccessExclusion, subnet: &Subnet) -> bool {
    let id = it.resource_arn.rsplit('/').next().unwrap_or_default();
    id == subnet.subnet_id || id == subnet.vpc_id
}
