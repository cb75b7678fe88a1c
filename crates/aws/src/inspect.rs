//! The loop that visits the subjects of rules about AWS.

mod balancers;
mod check;
pub(crate) mod data;
mod findings;
pub(crate) mod groups;
pub(crate) mod holders;
mod issuers;
mod logs;
pub(crate) mod network;
mod parts;
mod roles;
mod trails;
pub(crate) mod views;
mod vpcs;

use eksray_rule::{
    ClusterId, Entry, Fetched, Judgement, Outcome, Scope, Settings, Subject, Verdict,
};
use jiff::Timestamp;

pub use check::Check;
pub(crate) use check::Holder;
pub use data::Shareable;

use crate::{
    iam::Estate,
    inventory::{Account, Region, eks::Cluster},
    rules::ALL,
};
use views::Views;

/// A rule about AWS.
pub type Rule = eksray_rule::Rule<Check>;

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
    let estate = Estate::of(context);
    for entry in ALL {
        let start = outcomes.len();
        visit(entry, &estate, &regions, &mut outcomes);
        outcomes[start..].sort_by(|a, b| a.subject.cmp(&b.subject));
    }
    outcomes
}

fn visit(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    regions: &[RegionContext<'_>],
    outcomes: &mut Vec<Outcome>,
) {
    let account = &estate.context;
    match entry.rule.check {
        Check::ReachableRole(check) => roles::reachable(entry, estate, check, outcomes),
        Check::NodeRole(check) => roles::of_nodes(entry, estate, check, outcomes),
        Check::HeldRole(kinds, check) => roles::held(entry, estate, (kinds, check), outcomes),
        Check::RoleIssuer(check) => issuers::each(entry, estate, check, outcomes),
        Check::RoleIssuers(check) => issuers::together(entry, estate, check, outcomes),
        Check::PodIdentity(role, association) => {
            roles::pod_identity(entry, estate, role, association, outcomes);
        }
        Check::OidcProvider(check) => issuers::providers(entry, account, check, outcomes),
        Check::Trail(check) => trails::trails(entry, account, check, outcomes),
        Check::TrailBucket(check) => trails::buckets(entry, account, check, outcomes),
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
        Check::IdentityProvider(check) => {
            parts::identity_providers(entry, region, check, outcomes);
        }
        Check::FargateProfile(check) => parts::fargate_profiles(entry, region, check, outcomes),
        Check::Addon(check) => parts::addons(entry, region, check, outcomes),
        Check::Capability(check) => parts::capabilities(entry, region, check, outcomes),
        Check::Insight(check) => parts::insights(entry, region, check, outcomes),
        Check::Health(check) => parts::health(entry, region, check, outcomes),
        Check::Findings(check) => findings::findings(entry, region, check, outcomes),
        Check::ExposedLogGroup(check) => logs::log_groups(entry, region, check, outcomes),
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
        Check::Trail(_)
        | Check::TrailBucket(_)
        | Check::ReachableRole(_)
        | Check::NodeRole(_)
        | Check::HeldRole(..)
        | Check::RoleIssuer(_)
        | Check::RoleIssuers(_)
        | Check::PodIdentity(..)
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
    Outcome { rule: entry.meta(), subject, scope: scope.into(), verdict }
}

/// The items of an answer, or none; callers report the gap themselves.
pub(crate) fn items<T>(answer: &Fetched<Vec<T>>) -> &[T] {
    answer.known().map(Vec::as_slice).unwrap_or_default()
}

/// How many items a fact, or a list of facts, names.
const NAMED: usize = 5;

/// The first five, and how many more there are, in one text.
pub(crate) fn few(items: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = items.into_iter().collect();
    let shown = all.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The first five facts, and how many more there are.
pub(crate) fn first(facts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut facts: Vec<String> = facts.into_iter().collect();
    let more = facts.len().saturating_sub(NAMED);
    facts.truncate(NAMED);
    if more > 0 {
        facts.push(format!("and {more} more"));
    }
    facts
}
