//! Which subjects a rule about AWS can have.

use eksray_rule::Verdict;

use super::{AccountContext, RegionContext, Shareable};
use crate::{
    at_rest::{KeyUse, Resource},
    iam::{Estate, reach::Reached},
    inventory::{
        ec2::{NetworkInterface, SecurityGroup, Subnet, VpcEndpoint},
        eks::{
            Addon, Capability, Cluster, FargateProfile, IdentityProvider, PodIdentityAssociation,
        },
        elb::LoadBalancer,
        iam::{OidcProvider, Role},
        insights::Insight,
        logs::{Finding, LogGroup, Trail},
    },
    node_pool::NodePool,
};

/// What a rule looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// An EKS cluster.
    Cluster(fn(&Cluster, &RegionContext<'_>) -> Verdict),
    /// The control-plane log group of a cluster.
    LogGroup(fn(&Cluster, &RegionContext<'_>) -> Verdict),
    /// An OIDC login configuration of a cluster.
    IdentityProvider(fn(&IdentityProvider, &RegionContext<'_>) -> Verdict),
    /// A Fargate profile of a cluster.
    FargateProfile(fn(&FargateProfile, &RegionContext<'_>) -> Verdict),
    /// An add-on of a cluster.
    Addon(fn(&Addon, &Cluster, &RegionContext<'_>) -> Verdict),
    /// A capability of a cluster.
    Capability(fn(&Capability, &RegionContext<'_>) -> Verdict),
    /// What EKS noticed about a cluster.
    Insight(fn(&Insight, &RegionContext<'_>) -> Verdict),
    /// The status and the health issues of a cluster, and of every part of it that has a status.
    Health(fn(&str, &[String]) -> Verdict),
    /// A cluster or a node pool, with the findings that name it.
    Findings(fn(&[&Finding], &RegionContext<'_>) -> Verdict),
    /// A log group of control planes, containers or a VPC with clusters.
    ExposedLogGroup(fn(&LogGroup, &RegionContext<'_>) -> Verdict),
    /// The account in a Region that has clusters.
    Region(fn(&RegionContext<'_>) -> Verdict),
    /// A node pool of a cluster.
    NodePool(fn(&NodePool<'_>, &RegionContext<'_>) -> Verdict),
    /// A security group on a control-plane, node or pod interface of a cluster.
    ClusterGroup(fn(&SecurityGroup, &RegionContext<'_>) -> Verdict),
    /// Such a group that nodes carry.
    NodeGroup(fn(&SecurityGroup, &RegionContext<'_>) -> Verdict),
    /// A network interface that carries the cluster security group.
    ClusterInterface(fn(&NetworkInterface, &Cluster, &RegionContext<'_>) -> Verdict),
    /// The cluster security group, or an additional group of the control plane.
    ControlPlaneGroup(fn(&SecurityGroup, &Cluster, &RegionContext<'_>) -> Verdict),
    /// A subnet of nodes or of the control plane.
    ClusterSubnet(fn(&Subnet, &RegionContext<'_>) -> Verdict),
    /// A subnet of nodes.
    NodeSubnet(fn(&Subnet, &RegionContext<'_>) -> Verdict),
    /// A key that data of clusters is encrypted with.
    Key(fn(&KeyUse<'_>, &RegionContext<'_>) -> Verdict),
    /// Something of clusters that is encrypted at rest, but for their own data.
    Encrypted(fn(&Resource<'_>, &RegionContext<'_>) -> Verdict),
    /// A snapshot or an image that others may be allowed to copy.
    Shareable(fn(Shareable<'_>, &RegionContext<'_>) -> Verdict),
    /// The id of a subnet of the control plane.
    ControlPlaneSubnet(fn(&str, &RegionContext<'_>) -> Verdict),
    /// The VPC of clusters, by id, and those clusters.
    ClusterVpc(fn(&str, &[&Cluster], &RegionContext<'_>) -> Verdict),
    /// An endpoint in the VPC of a cluster.
    VpcEndpoint(fn(&VpcEndpoint, &RegionContext<'_>) -> Verdict),
    /// A load balancer that a cluster made.
    LoadBalancer(fn(&LoadBalancer, &RegionContext<'_>) -> Verdict),
    /// A trail of a Region that has clusters.
    Trail(fn(&Trail, &AccountContext<'_>) -> Verdict),
    /// The bucket of such a trail.
    TrailBucket(fn(&Trail, &AccountContext<'_>) -> Verdict),
    /// A role that nodes, pods, add-ons or capabilities hold, or reach in up to three steps.
    ReachableRole(fn(&Reached<'_>, &Estate<'_>) -> Verdict),
    /// A role of nodes.
    NodeRole(fn(&Role, &Estate<'_>) -> Verdict),
    /// A role that somebody of these kinds holds.
    HeldRole(&'static [Holder], fn(&Role, &Estate<'_>) -> Verdict),
    /// A role that trusts a cluster's OIDC provider, and that provider.
    RoleIssuer(fn(&Role, &OidcProvider, &AccountContext<'_>) -> Verdict),
    /// A role that trusts OIDC providers of clusters, and all these.
    RoleIssuers(fn(&Role, &[&OidcProvider], &AccountContext<'_>) -> Verdict),
    /// A role that Pod Identity may assume, and each association.
    PodIdentity(fn(&Role) -> Verdict, fn(&PodIdentityAssociation, &Estate<'_>) -> Verdict),
    /// An IAM OIDC provider.
    OidcProvider(fn(&OidcProvider, &AccountContext<'_>) -> Verdict),
}

impl Check {
    /// What findings of the rule are about, as `eksray rules` prints it.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "cluster",
            Self::LogGroup(_) | Self::ExposedLogGroup(_) => "log group",
            Self::IdentityProvider(_) => "OIDC identity provider configuration",
            Self::FargateProfile(_) => "Fargate profile",
            Self::Addon(_) => "add-on",
            Self::Capability(_) => "capability",
            Self::Insight(_) => "insight of a cluster",
            Self::Health(_) => "cluster, node group, Fargate profile, add-on or capability",
            Self::Findings(_) => "cluster or node pool",
            Self::Region(_) => "account × Region",
            Self::NodePool(_) => "node pool",
            Self::ClusterGroup(_) => "cluster group",
            Self::NodeGroup(_) => "cluster group on nodes",
            Self::ClusterInterface(_) => "network interface",
            Self::ControlPlaneGroup(_) => "control-plane group",
            Self::ClusterSubnet(_) => "subnet of nodes or control plane",
            Self::NodeSubnet(_) => "subnet of nodes",
            Self::Key(_) => "cluster key",
            Self::Encrypted(_) => "encrypted resource of clusters",
            Self::Shareable(_) => "public snapshot of a cluster's volume, or own image of nodes",
            Self::ControlPlaneSubnet(_) => "subnet of the control plane",
            Self::ClusterVpc(_) => "cluster VPC",
            Self::VpcEndpoint(_) => "VPC endpoint",
            Self::LoadBalancer(_) => "cluster load balancer",
            Self::Trail(_) => "trail",
            Self::TrailBucket(_) => "bucket of a trail",
            Self::ReachableRole(_) => "cluster-reachable role",
            Self::NodeRole(_) => "node role",
            Self::HeldRole(..) => "role of clusters, people or pipelines",
            Self::RoleIssuer(_) => "role × issuer",
            Self::RoleIssuers(_) => "role with IRSA",
            Self::PodIdentity(..) => "role or association of Pod Identity",
            Self::OidcProvider(_) => "IAM OIDC provider",
        }
    }
}

/// Who holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Nodes, pods, add-ons, capabilities, and what these reach.
    Cluster,
    /// A control plane.
    ControlPlane,
    /// Fargate, to start pods.
    Fargate,
    /// Whoever has an access entry for it.
    AccessEntry,
    /// Whoever pushes images to the account's registry.
    Pusher,
}
