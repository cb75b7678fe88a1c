//! EC2: endpoints of VPCs, and what VPC Block Public Access leaves out.

use aws_sdk_ec2::types;
use eksray_aws::inventory::ec2::{BlockPublicAccessExclusion, Subnet, VpcEndpoint};
use eksray_rule::{Gap, Reason};

use super::network::page;
use crate::aws::{
    parse::{required, sorted},
    place::Place,
    read::Parsed,
};

/// `ec2:DescribeVpcEndpoints`.
pub(super) async fn endpoints(place: &Place) -> Result<Vec<VpcEndpoint>, Gap> {
    let call = place.read("ec2:DescribeVpcEndpoints").all(
        |token| {
            let request = place.ec2.describe_vpc_endpoints().max_results(1000);
            request.set_next_token(token).send()
        },
        |it| page(it.vpc_endpoints, it.next_token, endpoint),
    );
    Ok(sorted(call.await?, |it| it.vpc_endpoint_id.as_str()))
}

fn endpoint(it: types::VpcEndpoint) -> Parsed<VpcEndpoint> {
    Ok(VpcEndpoint {
        vpc_endpoint_id: required("vpcEndpointId", it.vpc_endpoint_id)?,
        vpc_endpoint_type: it
            .vpc_endpoint_type
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        vpc_id: it.vpc_id.unwrap_or_default(),
        service_name: it.service_name.unwrap_or_default(),
        state: it.state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        policy_document: it.policy_document.filter(|it| !it.is_empty()),
        private_dns_enabled: it.private_dns_enabled.unwrap_or_default(),
        subnet_ids: sorted(it.subnet_ids.unwrap_or_default(), String::as_str),
        route_table_ids: sorted(it.route_table_ids.unwrap_or_default(), String::as_str),
    })
}

/// `ec2:DescribeVpcBlockPublicAccessExclusions`, where some subnet is blocked.
pub(super) async fn exclusions(
    place: &Place,
    subnets: &Result<Vec<Subnet>, Gap>,
) -> Result<Vec<BlockPublicAccessExclusion>, Gap> {
    let subnets = subnets.as_ref().map_err(Gap::clone)?;
    let mut modes = subnets.iter().filter_map(|it| it.internet_gateway_block_mode.as_deref());
    if modes.all(|it| it == "off") {
        return Err(Gap {
            call: "ec2:DescribeVpcBlockPublicAccessExclusions".to_owned(),
            reason: Reason::NotCollected,
            detail: "no subnet is blocked".to_owned(),
        });
    }
    let call = place.read("ec2:DescribeVpcBlockPublicAccessExclusions").all(
        |token| {
            let request = place.ec2.describe_vpc_block_public_access_exclusions();
            request.max_results(1000).set_next_token(token).send()
        },
        |it| page(it.vpc_block_public_access_exclusions, it.next_token, exclusion),
    );
    Ok(sorted(call.await?, |it| it.resource_arn.as_str()))
}

fn exclusion(it: types::VpcBlockPublicAccessExclusion) -> Parsed<BlockPublicAccessExclusion> {
    let mode = it.internet_gateway_exclusion_mode;
    Ok(BlockPublicAccessExclusion {
        resource_arn: required("resourceArn", it.resource_arn)?,
        internet_gateway_exclusion_mode: mode.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        state: it.state.map(|it| it.as_str().to_owned()).unwrap_or_default(),
    })
}
