//! EKS answers.

use eksray_rule::Fetched;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Tags;

/// A cluster and everything EKS tells about it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Cluster {
    /// Name, unique in account and Region.
    pub name: String,
    /// `eks:DescribeCluster`.
    pub described: Fetched<ClusterDescription>,
    /// `eks:ListNodegroups`, each described.
    pub nodegroups: Fetched<Vec<Nodegroup>>,
    /// `eks:ListFargateProfiles`, each described.
    pub fargate_profiles: Fetched<Vec<FargateProfile>>,
    /// `eks:ListAddons`, each described.
    pub addons: Fetched<Vec<Addon>>,
    /// `eks:ListAccessEntries`, each described with its policies; not asked in mode `CONFIG_MAP`.
    pub access_entries: Fetched<Vec<AccessEntry>>,
    /// `eks:ListIdentityProviderConfigs`, each described.
    pub identity_providers: Fetched<Vec<IdentityProvider>>,
    /// `eks:ListPodIdentityAssociations`, each described.
    pub pod_identity_associations: Fetched<Vec<PodIdentityAssociation>>,
    /// `eks:ListCapabilities`, each described.
    pub capabilities: Fetched<Vec<Capability>>,
}

/// `eks:DescribeCluster`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "the API has these flags")]
pub struct ClusterDescription {
    /// ARN; empty in hand-written examples, where it follows from account, Region and name.
    pub arn: String,
    /// `1.33`.
    pub version: String,
    /// `ACTIVE`, `CREATING`, …
    pub status: String,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// Role of the control plane.
    pub role_arn: Option<String>,
    /// Tags.
    pub tags: Tags,
    /// `resourcesVpcConfig.endpointPublicAccess`; the API default is true.
    #[serde(default = "yes")]
    pub endpoint_public_access: bool,
    /// `resourcesVpcConfig.endpointPrivateAccess`; the API default is false.
    pub endpoint_private_access: bool,
    /// `resourcesVpcConfig.publicAccessCidrs`; empty means everywhere, as for the API.
    pub public_access_cidrs: Vec<IpNet>,
    /// `resourcesVpcConfig.vpcId`.
    pub vpc_id: Option<String>,
    /// `resourcesVpcConfig.subnetIds`.
    pub subnet_ids: Vec<String>,
    /// `resourcesVpcConfig.securityGroupIds`: additional groups of the control plane.
    pub security_group_ids: Vec<String>,
    /// `resourcesVpcConfig.clusterSecurityGroupId`.
    pub cluster_security_group_id: Option<String>,
    /// `accessConfig.authenticationMode`: `API`, `API_AND_CONFIG_MAP` or `CONFIG_MAP`; no default is documented.
    pub authentication_mode: Option<String>,
    /// `accessConfig.bootstrapClusterCreatorAdminPermissions`: what happened at creation.
    pub bootstrap_creator_admin: Option<bool>,
    /// Types of every enabled element of `logging.clusterLogging[]`.
    pub enabled_logs: Vec<String>,
    /// `identity.oidc.issuer`, with `https://`.
    pub oidc_issuer: Option<String>,
    /// `computeConfig.enabled`: Auto Mode.
    pub auto_mode: bool,
    /// `computeConfig.nodeRoleArn`.
    pub auto_mode_node_role_arn: Option<String>,
    /// `remoteNetworkConfig.remoteNodeNetworks[].cidrs` and `remotePodNetworks[].cidrs`.
    pub remote_networks: Vec<IpNet>,
    /// `health.issues[].code`.
    pub health_issues: Vec<String>,
    /// `connectorConfig` present: registered from outside, not an EKS control plane.
    pub connected: bool,
    /// `outpostConfig` present.
    pub on_outpost: bool,
    /// `upgradePolicy.supportType`.
    pub support_type: Option<String>,
    /// `encryptionConfig`.
    pub encryption_config: Vec<EncryptionConfig>,
}

/// What a cluster encrypts with a key of its owner.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EncryptionConfig {
    /// `secrets`.
    pub resources: Vec<String>,
    /// `provider.keyArn`.
    pub key_arn: Option<String>,
}

fn yes() -> bool {
    true
}

/// A version of the EKS calendar (`eks:DescribeClusterVersions`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClusterVersion {
    /// `1.33`.
    pub cluster_version: String,
    /// `STANDARD_SUPPORT`, `EXTENDED_SUPPORT` or `UNSUPPORTED`.
    pub version_status: Option<String>,
    /// End of standard support.
    pub end_of_standard_support_date: Option<Timestamp>,
    /// End of extended support.
    pub end_of_extended_support_date: Option<Timestamp>,
}

/// A managed node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Nodegroup {
    /// Name, unique in the cluster.
    pub name: String,
    /// `eks:DescribeNodegroup`.
    pub described: Fetched<NodegroupDescription>,
}

/// `eks:DescribeNodegroup`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodegroupDescription {
    /// `ACTIVE`, …
    pub status: String,
    /// Subnets it may use.
    pub subnets: Vec<String>,
    /// Role of its instances.
    pub node_role: Option<String>,
    /// `AL2023_x86_64_STANDARD`, …
    pub ami_type: Option<String>,
    /// Kubernetes version, `1.33`.
    pub version: Option<String>,
    /// `1.33.1-20260210`, `1.33-2026.02.10`, `1.47.0-6154605b`; an image id for own images.
    pub release_version: Option<String>,
    /// Launch template it was given, with the version in force.
    pub launch_template: Option<LaunchTemplateRef>,
    /// `resources.autoScalingGroups[].name`.
    pub auto_scaling_groups: Vec<String>,
    /// `remoteAccess`, absent where nobody may log in.
    pub remote_access: Option<RemoteAccess>,
    /// `resources.remoteAccessSecurityGroup`: what EKS made for `remoteAccess`.
    pub remote_access_security_group: Option<String>,
}

/// Who may log in to the instances of a node group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RemoteAccess {
    /// Name of a key pair.
    pub ec2_ssh_key: Option<String>,
    /// Security groups to log in from; with a key and without groups EKS admits `0.0.0.0/0`.
    pub source_security_groups: Vec<String>,
}

/// A launch template at a version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LaunchTemplateRef {
    /// `lt-…`.
    pub id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// A number, `$Default` or `$Latest`; absent means `$Default`.
    pub version: Option<String>,
}

/// A Fargate profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FargateProfile {
    /// Name.
    pub name: String,
    /// `eks:DescribeFargateProfile`.
    pub described: Fetched<FargateProfileDescription>,
}

/// `eks:DescribeFargateProfile`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FargateProfileDescription {
    /// `ACTIVE`, …
    pub status: String,
    /// Role that pulls images and writes logs.
    pub pod_execution_role_arn: Option<String>,
    /// Subnets it may use.
    pub subnets: Vec<String>,
}

/// An add-on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Addon {
    /// Name.
    pub name: String,
    /// `eks:DescribeAddon`.
    pub described: Fetched<AddonDescription>,
}

/// `eks:DescribeAddon`. The configuration values are not kept: they may hold anything.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AddonDescription {
    /// `v1.20.0-eksbuild.1`.
    pub addon_version: String,
    /// `ACTIVE`, …
    pub status: String,
    /// IRSA role.
    pub service_account_role_arn: Option<String>,
}

/// An access entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AccessEntry {
    /// Principal.
    pub principal_arn: String,
    /// `eks:DescribeAccessEntry`.
    pub described: Fetched<AccessEntryDescription>,
    /// `eks:ListAssociatedAccessPolicies`.
    pub policies: Fetched<Vec<AccessPolicy>>,
}

/// `eks:DescribeAccessEntry`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AccessEntryDescription {
    /// `STANDARD`, `EC2_LINUX`, …
    #[serde(rename = "type")]
    pub type_: String,
    /// Kubernetes user name.
    pub username: String,
    /// Kubernetes groups.
    pub kubernetes_groups: Vec<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
}

/// An access policy with its scope.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AccessPolicy {
    /// `arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy`.
    pub policy_arn: String,
    /// `cluster` or `namespace`.
    pub scope: String,
    /// Namespaces, globs allowed.
    pub namespaces: Vec<String>,
}

impl AccessPolicy {
    /// The name after `cluster-access-policy/`, the same in every partition.
    pub fn name(&self) -> &str {
        self.policy_arn.rsplit_once('/').map_or(&self.policy_arn, |(_, name)| name)
    }
}

/// An OIDC login configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct IdentityProvider {
    /// Name.
    pub name: String,
    /// `eks:DescribeIdentityProviderConfig`.
    pub described: Fetched<IdentityProviderDescription>,
}

/// `eks:DescribeIdentityProviderConfig`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct IdentityProviderDescription {
    /// ARN.
    pub arn: String,
    /// Issuer, with `https://`.
    pub issuer_url: String,
    /// Claims that a token must carry.
    pub required_claims: Tags,
    /// Prefix of asserted user names.
    pub username_prefix: Option<String>,
    /// Prefix of asserted groups.
    pub groups_prefix: Option<String>,
    /// `ACTIVE`, …
    pub status: String,
}

/// A Pod Identity association.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PodIdentityAssociation {
    /// `a-…`.
    pub association_id: String,
    /// Namespace, which need not exist.
    pub namespace: String,
    /// Service account, which need not exist.
    pub service_account: String,
    /// `eks:DescribePodIdentityAssociation`.
    pub described: Fetched<PodIdentityAssociationDescription>,
}

/// `eks:DescribePodIdentityAssociation`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PodIdentityAssociationDescription {
    /// Role the pods get.
    pub role_arn: String,
    /// Second role assumed with the first.
    pub target_role_arn: Option<String>,
    /// Session policy, JSON text.
    pub policy: Option<String>,
}

/// An EKS capability.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Capability {
    /// Name.
    pub name: String,
    /// `eks:DescribeCapability`.
    pub described: Fetched<CapabilityDescription>,
}

/// `eks:DescribeCapability`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CapabilityDescription {
    /// `ACK`, `ARGOCD` or `KRO`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Its role.
    pub role_arn: String,
}
