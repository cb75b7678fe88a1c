//! EC2 and Auto Scaling answers.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{Tags, eks::LaunchTemplateRef};

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Instance {
    /// `i-…`.
    pub instance_id: String,
    /// `running`, `stopped`, …
    pub state: String,
    /// `ami-…`.
    pub image_id: String,
    /// Subnet of the primary interface.
    pub subnet_id: Option<String>,
    /// VPC.
    pub vpc_id: Option<String>,
    /// `ip-10-0-0-1.eu-west-1.compute.internal`: the Kubernetes node's usual name.
    pub private_dns_name: Option<String>,
    /// Instance profile ARN.
    pub iam_instance_profile: Option<String>,
    /// Name of the key pair that logs in.
    pub key_name: Option<String>,
    /// Instance metadata service.
    pub metadata_options: Option<MetadataOptions>,
    /// Tags.
    pub tags: Tags,
    /// `Operator.Managed`, by an EKS principal: Auto Mode.
    pub managed_by_eks: bool,
}

/// Instance metadata service settings. In a template each may be unset.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MetadataOptions {
    /// `enabled` or `disabled`.
    pub http_endpoint: Option<String>,
    /// `optional` (version 1 answers) or `required`.
    pub http_tokens: Option<String>,
    /// Hops that a token may travel, 1 to 64.
    pub http_put_response_hop_limit: Option<u32>,
}

/// An elastic network interface.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NetworkInterface {
    /// `eni-…`.
    pub network_interface_id: String,
    /// `interface`, `branch`, `network_load_balancer`, …
    pub interface_type: String,
    /// `in-use`, `available`, …
    pub status: String,
    /// `Amazon EKS <cluster>` on control-plane interfaces.
    pub description: String,
    /// Subnet.
    pub subnet_id: String,
    /// VPC.
    pub vpc_id: String,
    /// Instance it is attached to.
    pub instance_id: Option<String>,
    /// Security group ids.
    pub groups: Vec<String>,
    /// Public IPv4 address of any of its private addresses.
    pub public_ip: Option<Ipv4Addr>,
    /// Private IPv4 addresses.
    pub private_ips: Vec<Ipv4Addr>,
    /// IPv6 addresses.
    pub ipv6_addresses: Vec<Ipv6Addr>,
    /// `DenyAllIgwTraffic`.
    pub deny_all_igw_traffic: bool,
    /// Tags.
    pub tags: Tags,
}

/// A security group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct SecurityGroup {
    /// `sg-…`.
    pub group_id: String,
    /// Name.
    pub group_name: String,
    /// VPC.
    pub vpc_id: String,
    /// Tags.
    pub tags: Tags,
    /// Ingress rules; security groups only allow.
    pub ip_permissions: Vec<IpPermission>,
}

/// A security group rule.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct IpPermission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, a number, or `-1` for everything.
    pub ip_protocol: String,
    /// First port; absent means all.
    pub from_port: Option<i32>,
    /// Last port; absent means all.
    pub to_port: Option<i32>,
    /// IPv4 and IPv6 sources.
    pub ip_ranges: Vec<IpNet>,
    /// Prefix lists.
    pub prefix_list_ids: Vec<String>,
    /// Referenced groups.
    pub groups: Vec<GroupRef>,
    /// Descriptions of the sources, for people and for rules that controllers keep.
    pub descriptions: Vec<String>,
}

/// A reference to a security group, perhaps of another account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct GroupRef {
    /// `sg-…`.
    pub group_id: String,
    /// Owner account.
    pub user_id: Option<String>,
}

/// A managed prefix list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PrefixList {
    /// `pl-…`.
    pub prefix_list_id: String,
    /// Name.
    pub prefix_list_name: String,
    /// `ec2:GetManagedPrefixListEntries`; asked only for lists that security groups or routes name.
    pub entries: eksray_rule::Fetched<Vec<IpNet>>,
}

/// A subnet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Subnet {
    /// `subnet-…`.
    pub subnet_id: String,
    /// VPC.
    pub vpc_id: String,
    /// `eu-west-1a`.
    pub availability_zone: String,
    /// IPv4 range; IPv6-only subnets have none.
    pub cidr_block: Option<IpNet>,
    /// IPv6 ranges.
    pub ipv6_cidr_blocks: Vec<IpNet>,
    /// Whether instances get a public IPv4 address by default.
    pub map_public_ip_on_launch: bool,
    /// `BlockPublicAccessStates.InternetGatewayBlockMode`; absent means `off`.
    pub internet_gateway_block_mode: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// A VPC.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Vpc {
    /// `vpc-…`.
    pub vpc_id: String,
    /// Account that owns it; another one where it is shared with this.
    pub owner_id: Option<String>,
    /// All its IPv4 and IPv6 ranges.
    pub cidr_blocks: Vec<IpNet>,
}

/// A VPC or subnet that VPC Block Public Access leaves out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BlockPublicAccessExclusion {
    /// ARN of the VPC or subnet.
    pub resource_arn: String,
    /// `allow-bidirectional` or `allow-egress`.
    pub internet_gateway_exclusion_mode: String,
    /// `create-complete`, `delete-complete`, …
    pub state: String,
}

/// A VPC endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct VpcEndpoint {
    /// `vpce-…`.
    pub vpc_endpoint_id: String,
    /// `Interface`, `Gateway`, …
    pub vpc_endpoint_type: String,
    /// VPC.
    pub vpc_id: String,
    /// `com.amazonaws.eu-west-1.ecr.api`.
    pub service_name: String,
    /// `available`, `pending`, …
    pub state: String,
    /// JSON text; absent where the service takes no policy.
    pub policy_document: Option<String>,
    /// Interface endpoints: whether the service's usual name leads here.
    pub private_dns_enabled: bool,
    /// Interface endpoints: where they stand.
    pub subnet_ids: Vec<String>,
    /// Gateway endpoints: which tables lead here.
    pub route_table_ids: Vec<String>,
}

/// A route table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RouteTable {
    /// `rtb-…`.
    pub route_table_id: String,
    /// VPC.
    pub vpc_id: String,
    /// Whether it is the VPC's main table, used by subnets without a table of their own.
    pub main: bool,
    /// Explicitly associated subnets.
    pub subnet_ids: Vec<String>,
    /// Routes.
    pub routes: Vec<Route>,
}

/// A route.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Route {
    /// Destination range.
    pub destination: Option<IpNet>,
    /// Destination prefix list.
    pub destination_prefix_list_id: Option<String>,
    /// `igw-…`, `nat-…`, `eigw-…`, `tgw-…`, `local`, …
    pub target: String,
    /// `active` or `blackhole`.
    pub state: String,
}

/// A network ACL.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NetworkAcl {
    /// `acl-…`.
    pub network_acl_id: String,
    /// VPC.
    pub vpc_id: String,
    /// The default ACL of the VPC.
    pub is_default: bool,
    /// Associated subnets.
    pub subnet_ids: Vec<String>,
    /// Entries in any order.
    pub entries: Vec<NetworkAclEntry>,
}

/// A network ACL entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NetworkAclEntry {
    /// Lowest first.
    pub rule_number: i32,
    /// Outbound.
    pub egress: bool,
    /// `allow` or `deny`.
    pub rule_action: String,
    /// `-1`, `6`, `17`, …
    pub protocol: String,
    /// IPv4 or IPv6 range.
    pub cidr: Option<IpNet>,
    /// First and last port; absent means all.
    pub port_range: Option<(u16, u16)>,
    /// ICMP type, -1 for all; the code is taken as any.
    pub icmp_type: Option<i32>,
}

/// A launch template version, with what nodes inherit from it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LaunchTemplateVersion {
    /// `lt-…`.
    pub launch_template_id: String,
    /// Name.
    pub launch_template_name: String,
    /// Number.
    pub version_number: i64,
    /// Whether it is the default version.
    pub default_version: bool,
    /// Whether it is the latest version.
    pub latest_version: bool,
    /// Instance metadata service.
    pub metadata_options: Option<MetadataOptions>,
    /// `NetworkInterfaces[].AssociatePublicIpAddress` of any interface.
    pub associate_public_ip_address: Option<bool>,
    /// Instance profile, ARN or name.
    pub iam_instance_profile: Option<String>,
}

/// An Auto Scaling group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AutoScalingGroup {
    /// Name.
    pub auto_scaling_group_name: String,
    /// ARN.
    pub auto_scaling_group_arn: String,
    /// `VPCZoneIdentifier`, split.
    pub subnet_ids: Vec<String>,
    /// Members.
    pub instance_ids: Vec<String>,
    /// Launch template in force, that of a mixed instances policy included.
    pub launch_template: Option<LaunchTemplateRef>,
    /// Launch configuration, where there is no template.
    pub launch_configuration_name: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// A launch configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LaunchConfiguration {
    /// Name.
    pub launch_configuration_name: String,
    /// Instance metadata service.
    pub metadata_options: Option<MetadataOptions>,
    /// Whether instances get a public address.
    pub associate_public_ip_address: Option<bool>,
}

/// A VPC flow log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FlowLog {
    /// `fl-…`.
    pub flow_log_id: String,
    /// VPC, subnet or network interface.
    pub resource_id: String,
    /// `ALL`, `ACCEPT` or `REJECT`.
    pub traffic_type: String,
    /// `ACTIVE`, …
    pub flow_log_status: String,
    /// `SUCCESS` or `FAILED`; absent before the first delivery.
    pub deliver_logs_status: Option<String>,
    /// Log group, where it delivers to CloudWatch Logs.
    pub log_group_name: Option<String>,
}
