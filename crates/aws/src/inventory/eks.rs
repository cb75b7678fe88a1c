//! EKS answers.

use std::collections::BTreeMap;

use eksray_rule::Fetched;
use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Tags, insights::Insight};

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
    /// `eks:ListInsights`.
    pub insights: Fetched<Vec<Insight>>,
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
    /// `encryptionConfig[]`; absent means none.
    pub encryption_config: Vec<EncryptionConfig>,
    /// `deletionProtection`; no default is documented.
    pub deletion_protection: Option<bool>,
}

/// What is encrypted with which key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct EncryptionConfig {
    /// `secrets`; may be empty since EKS encrypts everything that the API server stores.
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
    /// `health.issues[].code`.
    pub health_issues: Vec<String>,
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
    /// Pods that it takes: those that one of them matches.
    pub selectors: Vec<FargateSelector>,
    /// `health.issues[].code`.
    pub health_issues: Vec<String>,
}

/// Pods of a namespace, with these labels.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FargateSelector {
    /// Namespace; `*` and `?` are wildcards.
    pub namespace: String,
    /// Labels that a pod must have, all of them.
    pub labels: Tags,
}

/// An add-on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Addon {
    /// Name.
    pub name: String,
    /// `eks:DescribeAddon`.
    pub described: Fetched<AddonDescription>,
    /// `eks:DescribeAddonVersions`: those compatible with the version of the cluster.
    pub versions: Fetched<Vec<AddonVersion>>,
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
    /// `health.issues[].code`.
    pub health_issues: Vec<String>,
}

/// A version of an add-on that runs on a version of Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AddonVersion {
    /// `v1.20.0-eksbuild.1`.
    pub addon_version: String,
    /// `compatibilities[].defaultVersion` for that version of Kubernetes.
    pub default_version: bool,
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
    /// `disableSessionTags`; by default EKS sets the tags.
    pub disable_session_tags: bool,
    /// What the target role's trust policy may ask for.
    pub external_id: Option<String>,
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
    /// `ACTIVE`, …
    pub status: String,
    /// `health.issues[].code`.
    pub health_issues: Vec<String>,
    /// `configuration.argoCd`.
    pub argo_cd: Option<ArgoCd>,
}

/// How an Argo CD capability is configured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ArgoCd {
    /// `networkAccess.vpceIds`; empty means that the server answers on the internet.
    pub vpce_ids: Vec<String>,
    /// Where the server answers.
    pub server_url: Option<String>,
    /// How many identities `rbacRoleMappings[]` give each role: `ADMIN`, `EDITOR`, `VIEWER`.
    pub identities: BTreeMap<String, usize>,
}
