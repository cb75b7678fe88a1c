//! Which subjects a rule about AWS can have, and the loop that visits them.

mod balancers;
pub(crate) mod data;
pub(crate) mod groups;
pub(crate) mod network;
mod roles;
pub(crate) mod views;
mod vpcs;

use eksray_rule::{
    ClusterId, Entry, Fetched, Judgement, Outcome, Scope, Settings, Subject, Verdict,
};
use jiff::Timestamp;

pub use data::Shareable;

use crate::{
    at_rest::{KeyUse, Resource},
    iam::reach::Reached,
    inventory::{
        Account, Region,
        ec2::{NetworkInterface, SecurityGroup, Subnet, VpcEndpoint},
        eks::{Cluster, IdentityProvider},
        elb::LoadBalancer,
        iam::{OidcProvider, Role},
    },
    node_pool::NodePool,
    rules::ALL,
};
use views::Views;

/// A rule about AWS.
pub type Rule = eksray_rule::Rule<Check>;

/// What a rule looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// An EKS cluster.
    Cluster(fn(&Cluster, &RegionContext<'_>) -> Verdict),
    /// The control-plane log group of a cluster.
    LogGroup(fn(&Cluster, &RegionContext<'_>) -> Verdict),
    /// An OIDC login configuration of a cluster.
    IdentityProvider(fn(&IdentityProvider, &RegionContext<'_>) -> Verdict),
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
    /// A role that nodes, pods, add-ons or capabilities hold, or reach in up to three steps.
    ReachableRole(fn(&Reached<'_>, &AccountContext<'_>) -> Verdict),
    /// A role of nodes.
    NodeRole(fn(&Role, &AccountContext<'_>) -> Verdict),
    /// A role that trusts a cluster's OIDC provider, and that provider.
    RoleIssuer(fn(&Role, &OidcProvider, &AccountContext<'_>) -> Verdict),
    /// An IAM OIDC provider.
    OidcProvider(fn(&OidcProvider, &AccountContext<'_>) -> Verdict),
}

impl Check {
    /// What findings of the rule are about, as `eksray rules` prints it.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "cluster",
            Self::LogGroup(_) => "log group",
            Self::IdentityProvider(_) => "OIDC identity provider configuration",
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
            Self::ReachableRole(_) => "cluster-reachable role",
            Self::NodeRole(_) => "node role",
            Self::RoleIssuer(_) => "role × issuer",
            Self::OidcProvider(_) => "IAM OIDC provider",
        }
    }
}

/// What rules about a whole account see.
#[derive(Clone, Copy, Debug)]
pub struct AccountContext<'a> {
    /// The account.
    pub account: &'a Account,
    /// Settings in force.
    pub settings: &'a Settings,
    /// When the account was read; rules have no other clock.
    pub now: Timestamp,
    /// The scan was narrowed to named clusters: others exist that were not looked at.
    pub narrowed: bool,
}

/// What rules about one Region see.
#[derive(Clone, Copy, Debug)]
pub struct RegionContext<'a> {
    /// The account around it.
    pub account: AccountContext<'a>,
    /// Name, such as `eu-west-1`.
    pub name: &'a str,
    /// What was read there.
    pub region: &'a Region,
    views: Option<&'a Views<'a>>,
}

impl<'a> AccountContext<'a> {
    /// Every Region in scope.
    pub fn regions(self) -> impl Iterator<Item = RegionContext<'a>> {
        let regions = self.account.regions.iter();
        regions.map(move |(name, region)| self.region(name, region))
    }

    /// A Region of the account, read whole or in part.
    pub fn region(self, name: &'a str, region: &'a Region) -> RegionContext<'a> {
        RegionContext { account: self, name, region, views: None }
    }

    fn scope(&self) -> Scope {
        Scope { account: Some(self.account.id.clone()), region: None, clusters: Vec::new() }
    }

    fn subject(&self) -> Subject {
        Subject::place(&self.account.partition, &self.account.id, "")
    }
}

impl RegionContext<'_> {
    /// The ARN of a resource of this account and Region.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let Account { id, partition, .. } = self.account.account;
        format!("arn:{partition}:{service}:{}:{id}:{resource}", self.name)
    }

    /// The id of a cluster of this Region.
    pub fn cluster_id(&self, name: &str) -> ClusterId {
        ClusterId(self.arn("eks", &format!("cluster/{name}")))
    }

    fn subject(&self) -> Subject {
        let account = self.account.account;
        Subject::place(&account.partition, &account.id, self.name)
    }

    fn scope(&self, clusters: Vec<ClusterId>) -> Scope {
        let account = Some(self.account.account.id.clone());
        Scope { account, region: Some(self.name.to_owned()), clusters }
    }
}

/// Every AWS rule, by id.
pub fn rules() -> &'static [Entry<Check>] {
    ALL
}

/// Runs every AWS rule over an account.
pub fn inspect(context: &AccountContext<'_>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let views: Vec<Views<'_>> = context.regions().map(|it| Views::of(&it)).collect();
    let regions = context.regions().zip(&views);
    let regions: Vec<RegionContext<'_>> =
        regions.map(|(it, views)| RegionContext { views: Some(views), ..it }).collect();
    for entry in ALL {
        let start = outcomes.len();
        visit(entry, context, &regions, &mut outcomes);
        outcomes[start..].sort_by(|a, b| a.subject.cmp(&b.subject));
    }
    outcomes
}

fn visit(
    entry: &Entry<Check>,
    account: &AccountContext<'_>,
    regions: &[RegionContext<'_>],
    outcomes: &mut Vec<Outcome>,
) {
    match entry.rule.check {
        Check::ReachableRole(check) => roles::reachable(entry, account, check, outcomes),
        Check::NodeRole(check) => roles::of_nodes(entry, account, check, outcomes),
        Check::RoleIssuer(check) => roles::by_issuer(entry, account, check, outcomes),
        Check::OidcProvider(check) => roles::providers(entry, account, check, outcomes),
        _ => regions.iter().for_each(|region| visit_region(entry, region, outcomes)),
    }
}

fn visit_region(entry: &Entry<Check>, region: &RegionContext<'_>, outcomes: &mut Vec<Outcome>) {
    match entry.rule.check {
        Check::Cluster(check) => each_cluster(entry, region, outcomes, |cluster, out| {
            let id = region.cluster_id(&cluster.name);
            out.push((Subject::cluster(&id), judge(cluster, || check(cluster, region))));
        }),
        Check::LogGroup(check) => each_cluster(entry, region, outcomes, |cluster, out| {
            let group = format!("log-group:/aws/eks/{}/cluster", cluster.name);
            let verdict = judge(cluster, || check(cluster, region));
            out.push((Subject::aws(region.arn("logs", &group)), verdict));
        }),
        Check::IdentityProvider(check) => each_cluster(entry, region, outcomes, |cluster, out| {
            match cluster.identity_providers.known() {
                Err(gap) => {
                    out.push((Subject::cluster(&region.cluster_id(&cluster.name)), Err(gap)));
                }
                Ok(providers) => out.extend(providers.iter().map(|it| {
                    let resource =
                        format!("identityproviderconfig/{}/oidc/{}", cluster.name, it.name);
                    (Subject::aws(region.arn("eks", &resource)), check(it, region))
                })),
            }
        }),
        Check::Region(check) => {
            let verdict = match region.region.clusters.known() {
                Err(gap) => Err(gap),
                Ok(clusters) if clusters.is_empty() => return,
                Ok(_) => check(region),
            };
            let ids = clusters_of(region);
            outcomes.push(outcome(entry, region.subject(), region.scope(ids), verdict));
        }
        Check::NodePool(check) => network::node_pools(entry, region, check, outcomes),
        Check::ClusterGroup(check) => groups::of_clusters(entry, region, check, outcomes),
        Check::NodeGroup(check) => groups::of_nodes(entry, region, check, outcomes),
        Check::ClusterInterface(check) => groups::interfaces(entry, region, check, outcomes),
        Check::ControlPlaneGroup(check) => {
            groups::of_control_planes(entry, region, check, outcomes);
        }
        Check::ClusterSubnet(check) => network::cluster_subnets(entry, region, check, outcomes),
        Check::Key(check) => data::keys(entry, region, check, outcomes),
        Check::Encrypted(check) => data::encrypted(entry, region, check, outcomes),
        Check::Shareable(check) => data::shareables(entry, region, check, outcomes),
        Check::NodeSubnet(check) => network::subnets_of_nodes(entry, region, check, outcomes),
        Check::ControlPlaneSubnet(check) => {
            network::control_plane_subnets(entry, region, check, outcomes);
        }
        Check::ClusterVpc(check) => vpcs::of_clusters(entry, region, check, outcomes),
        Check::VpcEndpoint(check) => vpcs::endpoints(entry, region, check, outcomes),
        Check::LoadBalancer(check) => balancers::of_clusters(entry, region, check, outcomes),
        Check::ReachableRole(_)
        | Check::NodeRole(_)
        | Check::RoleIssuer(_)
        | Check::OidcProvider(_) => {}
    }
}

/// Registered clusters have no EKS control plane to judge.
fn judge(cluster: &Cluster, check: impl FnOnce() -> Verdict) -> Verdict {
    match cluster.described.known() {
        Ok(it) if it.connected => {
            Ok(Judgement::not_applicable("registered from outside, not an EKS control plane"))
        }
        _ => check(),
    }
}

/// Visits the clusters of a Region; where they cannot be listed, one outcome for the Region says so.
fn each_cluster(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    outcomes: &mut Vec<Outcome>,
    visit: impl Fn(&Cluster, &mut Vec<(Subject, Verdict)>),
) {
    let clusters = match region.region.clusters.known() {
        Ok(clusters) => clusters,
        Err(gap) => {
            outcomes.push(outcome(entry, region.subject(), region.scope(Vec::new()), Err(gap)));
            return;
        }
    };
    for cluster in clusters {
        let mut verdicts = Vec::new();
        visit(cluster, &mut verdicts);
        for (subject, verdict) in verdicts {
            let scope = region.scope(vec![region.cluster_id(&cluster.name)]);
            outcomes.push(outcome(entry, subject, scope, verdict));
        }
    }
}

fn clusters_of(region: &RegionContext<'_>) -> Vec<ClusterId> {
    let clusters = region.region.clusters.known().map(Vec::as_slice).unwrap_or_default();
    let mut ids: Vec<_> = clusters.iter().map(|it| region.cluster_id(&it.name)).collect();
    ids.sort();
    ids
}

fn outcome(entry: &Entry<Check>, subject: Subject, scope: Scope, verdict: Verdict) -> Outcome {
    Outcome { rule: entry.meta(), subject, scope, verdict }
}

/// The items of an answer, or none; callers report the gap themselves.
pub(crate) fn items<T>(answer: &Fetched<Vec<T>>) -> &[T] {
    answer.known().map(Vec::as_slice).unwrap_or_default()
}

/// The first five, and how many more there are.
pub(crate) fn few(items: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = items.into_iter().collect();
    let shown = all.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
