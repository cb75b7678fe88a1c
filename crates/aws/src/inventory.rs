//! What was read of an AWS account: plain data, filled by collectors, judged by rules.
//!
//! Fields are named as the API names them. One [`Fetched`] stands for one API answer. Inside an
//! answer an absent field has its documented default, or is an `Option` where none is documented.

pub mod assess;
pub mod certificate;
pub mod config;
pub mod ec2;
pub mod eks;
pub mod elb;
pub mod iam;
pub mod insights;
pub mod kms;
pub mod logs;
pub mod s3;
pub mod storage;

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use serde::{Deserialize, Serialize};

use assess::{Inspector, SystemsManager};
use certificate::{Certificate, ServerCertificate};
use config::ConfigurationRecorder;
use ec2::{
    AutoScalingGroup, BlockPublicAccessExclusion, FlowLog, Instance, LaunchConfiguration,
    LaunchTemplateVersion, NetworkAcl, NetworkInterface, PrefixList, RouteTable, SecurityGroup,
    Subnet, Vpc, VpcEndpoint,
};
use eks::{Cluster, ClusterVersion};
use elb::LoadBalancer;
use iam::{AuthorizationDetails, OidcProvider};
use kms::Key;
use logs::{Alarm, Coverage, Detector, EventDataStore, Finding, LogGroup, ResourcePolicy, Trail};
use s3::PublicAccessBlock;
use storage::{EbsDefaults, FileSystem, Image, Repository, Secret, Snapshot, Volume};

/// One AWS account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Account {
    /// Twelve digits (`sts:GetCallerIdentity`).
    pub id: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: String,
    /// The Regions in scope, by name.
    pub regions: BTreeMap<String, Region>,
    /// Every role, user, group and customer policy (`iam:GetAccountAuthorizationDetails`).
    pub iam: Fetched<AuthorizationDetails>,
    /// `iam:ListOpenIDConnectProviders`, each described.
    pub oidc_providers: Fetched<Vec<Fetched<OidcProvider>>>,
    /// `iam:ListServerCertificates`.
    pub server_certificates: Fetched<Vec<ServerCertificate>>,
    /// `s3:GetAccountPublicAccessBlock`.
    pub public_access_block: Fetched<PublicAccessBlock>,
}

/// One Region of an account. Every list is a whole list: a page that failed makes it unread.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Region {
    /// `eks:ListClusters`, each described as far as it could be.
    pub clusters: Fetched<Vec<Cluster>>,
    /// `eks:DescribeClusterVersions`.
    pub cluster_versions: Fetched<Vec<ClusterVersion>>,
    /// `ec2:DescribeInstances`, terminated ones left out.
    pub instances: Fetched<Vec<Instance>>,
    /// `ec2:DescribeNetworkInterfaces`.
    pub network_interfaces: Fetched<Vec<NetworkInterface>>,
    /// `ec2:DescribeSecurityGroups`.
    pub security_groups: Fetched<Vec<SecurityGroup>>,
    /// `ec2:DescribeManagedPrefixLists`, entries by `ec2:GetManagedPrefixListEntries`.
    pub prefix_lists: Fetched<Vec<PrefixList>>,
    /// `ec2:DescribeSubnets`.
    pub subnets: Fetched<Vec<Subnet>>,
    /// `ec2:DescribeVpcs`.
    pub vpcs: Fetched<Vec<Vpc>>,
    /// `ec2:DescribeVpcBlockPublicAccessExclusions`; asked only where some subnet is blocked.
    pub block_public_access_exclusions: Fetched<Vec<BlockPublicAccessExclusion>>,
    /// `ec2:DescribeVpcEndpoints`.
    pub vpc_endpoints: Fetched<Vec<VpcEndpoint>>,
    /// `ec2:DescribeRouteTables`.
    pub route_tables: Fetched<Vec<RouteTable>>,
    /// `ec2:DescribeNetworkAcls`.
    pub network_acls: Fetched<Vec<NetworkAcl>>,
    /// `ec2:DescribeLaunchTemplateVersions`: the default, the latest and every version a node group or Auto Scaling group pins.
    pub launch_template_versions: Fetched<Vec<LaunchTemplateVersion>>,
    /// `autoscaling:DescribeAutoScalingGroups`.
    pub auto_scaling_groups: Fetched<Vec<AutoScalingGroup>>,
    /// `autoscaling:DescribeLaunchConfigurations`.
    pub launch_configurations: Fetched<Vec<LaunchConfiguration>>,
    /// `elasticloadbalancing:DescribeLoadBalancers` and what hangs on them, v2 and classic, those that clusters made.
    pub load_balancers: Fetched<Vec<LoadBalancer>>,
    /// Certificates of ACM that listeners of these load balancers show.
    pub certificates: Vec<Certificate>,
    /// `ec2:DescribeFlowLogs`.
    pub flow_logs: Fetched<Vec<FlowLog>>,
    /// `logs:DescribeLogGroups` under `/aws/eks/` and `/aws/containerinsights/`, and those of flow logs.
    pub log_groups: Fetched<Vec<LogGroup>>,
    /// `logs:DescribeResourcePolicies` of the account.
    pub log_resource_policies: Fetched<Vec<ResourcePolicy>>,
    /// `cloudwatch:DescribeAlarms`; asked for only where a control-plane log group has metric filters.
    pub alarms: Fetched<Vec<Alarm>>,
    /// `config:DescribeConfigurationRecorders`, in Regions without clusters too: one that records IAM may stand in any.
    pub configuration_recorders: Fetched<Vec<ConfigurationRecorder>>,
    /// `cloudtrail:DescribeTrails`, shadow trails included.
    pub trails: Fetched<Vec<Trail>>,
    /// `cloudtrail:ListEventDataStores`, each got.
    pub event_data_stores: Fetched<Vec<Fetched<EventDataStore>>>,
    /// `guardduty:ListDetectors`, each got.
    pub detectors: Fetched<Vec<Fetched<Detector>>>,
    /// `guardduty:ListCoverage` of resource type `EKS`.
    pub runtime_coverage: Fetched<Vec<Coverage>>,
    /// `guardduty:ListFindings`, each got: those of severity 7 or more that are not archived and name a cluster or an instance.
    pub guardduty_findings: Fetched<Vec<Finding>>,
    /// `ec2:DescribeImages`: those of nodes, and those that AWS recommends for node groups.
    pub images: Fetched<Vec<Image>>,
    /// What Inspector tells of nodes.
    pub inspector: Inspector,
    /// What Systems Manager tells of nodes.
    pub systems_manager: SystemsManager,
    /// `ec2:DescribeVolumes`.
    pub volumes: Fetched<Vec<Volume>>,
    /// `ec2:DescribeSnapshots`: own snapshots that everybody may make volumes from.
    pub public_snapshots: Fetched<Vec<Snapshot>>,
    /// What the account does with new volumes and public sharing.
    pub ebs_defaults: EbsDefaults,
    /// `ecr:DescribeRepositories`.
    pub repositories: Fetched<Vec<Repository>>,
    /// `elasticfilesystem:DescribeFileSystems`.
    pub file_systems: Fetched<Vec<FileSystem>>,
    /// `secretsmanager:ListSecrets` of those with a tag that names a cluster.
    pub secrets: Fetched<Vec<Secret>>,
    /// The keys that clusters, volumes, log groups, repositories, file systems and secrets name.
    pub keys: Fetched<Vec<Key>>,
}

/// Tags, as a map.
pub type Tags = BTreeMap<String, String>;
