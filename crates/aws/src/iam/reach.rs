//! Roles that a cluster can come to hold.

mod cluster;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use eksray_rule::{ClusterId, Gap, Reason};

use super::{
    Admin, Answer, Document, Library, Policies, Subjects, admin, policies::account, web_identity,
};
use crate::{AccountContext, inventory::iam::Role, issuers, node_pool::node_roles};

/// Steps from a role that the cluster holds to one it can become.
const STEPS: usize = 3;

/// How many ways to a role its facts name.
const WAYS: usize = 5;

/// A role that the cluster can come to hold.
#[derive(Clone, Debug)]
pub struct Reached<'a> {
    /// The role.
    pub role: &'a Role,
    /// Clusters that reach it.
    pub clusters: BTreeSet<ClusterId>,
    /// How.
    pub routes: BTreeSet<Route>,
    /// Service accounts that its trust policy admits or associations name, as patterns.
    pub service_accounts: BTreeSet<Subjects>,
    /// What binds it, session policies included.
    pub policies: Policies,
    admin: OnceCell<Result<Admin, Gap>>,
}

/// One way to a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    /// What hands the role out.
    pub via: Via,
    /// Session policy that limits it, JSON text.
    pub session: Option<String>,
    /// `Yes`, or `Maybe` where a condition cannot be decided.
    pub answer: Answer,
}

/// What hands a role to the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Nodes hold it.
    Node,
    /// Its trust policy admits service accounts.
    WebIdentity,
    /// A Pod Identity association of a namespace and a service account.
    PodIdentity(String, String),
    /// An add-on of this name.
    Addon(String),
    /// A capability of this name.
    Capability(String),
    /// A Fargate profile of this name.
    Fargate(String),
    /// Another role, by ARN, becomes it.
    Role(String),
}

/// Where something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The whole account.
    Account,
    /// A Region.
    Region(String),
    /// A cluster.
    Cluster(ClusterId),
    /// A role, by ARN.
    Role(String),
}

/// Every role that clusters of an account reach.
#[derive(Clone, Debug, Default)]
pub struct Reach<'a> {
    /// By ARN.
    pub roles: BTreeMap<&'a str, Reached<'a>>,
    /// What could not be read and might have added one: the first gap of each place.
    pub gaps: BTreeMap<Place, Gap>,
}

impl Reached<'_> {
    /// Session policies, if every route has one; a single route without leaves the role unlimited.
    pub fn session(&self) -> Vec<&str> {
        let policies: Option<BTreeSet<&str>> =
            self.routes.iter().map(|it| it.session.as_deref()).collect();
        policies.unwrap_or_default().into_iter().collect()
    }

    /// How it is reached, as facts: the first few ways.
    pub fn facts(&self) -> Vec<String> {
        let ways: BTreeSet<&Via> = self.routes.iter().map(|it| &it.via).collect();
        let mut facts: Vec<String> = ways.iter().take(WAYS).map(ToString::to_string).collect();
        if ways.len() > WAYS {
            facts.push(format!("and {} more ways to it", ways.len() - WAYS));
        }
        facts
    }

    /// Whether it is an administrator, found once; see [`admin`].
    pub fn admin(&self) -> &Result<Admin, Gap> {
        self.admin.get_or_init(|| admin(self.role, &self.policies))
    }

    /// Whether the cluster surely reaches it.
    pub fn answer(&self) -> Answer {
        self.routes.iter().map(|it| it.answer).max().unwrap_or(Answer::No)
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node => f.write_str("nodes hold it"),
            Self::WebIdentity => f.write_str("its trust policy admits service accounts"),
            Self::PodIdentity(namespace, name) => {
                write!(f, "a Pod Identity association gives it to {namespace}/{name}")
            }
            Self::Addon(name) => write!(f, "add-on {name} holds it"),
            Self::Capability(name) => write!(f, "capability {name} holds it"),
            Self::Fargate(name) => write!(f, "Fargate profile {name} holds it"),
            Self::Role(arn) => write!(f, "{arn} may assume it"),
        }
    }
}

type Start = (String, ClusterId, Route);

/// Roles of nodes, service accounts, add-ons, capabilities and Fargate pods, and what these become in three steps.
pub fn reach<'a>(context: &AccountContext<'a>) -> Reach<'a> {
    reach_in(context, context.account.iam.known().map(Library::of).as_ref())
}

/// The same where the account's IAM was read already.
pub(super) fn reach_in<'a>(
    context: &AccountContext<'a>,
    library: Result<&Library<'a>, &Gap>,
) -> Reach<'a> {
    let mut reach = Reach::default();
    let mut starts = Vec::new();
    for region in context.regions() {
        match region.region.clusters.known() {
            Err(gap) => reach.gap(Place::Region(region.name.to_owned()), gap),
            Ok(clusters) => {
                for cluster in clusters {
                    cluster::add(cluster, &region, &mut starts, &mut reach);
                }
            }
        }
    }
    let (roles, gaps) = node_roles(context);
    for (arn, clusters) in roles {
        starts.extend(clusters.into_iter().map(|it| (arn.clone(), it, sure(Via::Node))));
    }
    // What a cluster already tells of is not told again for the account.
    let told: BTreeSet<Gap> = reach.gaps.values().cloned().collect();
    for gap in gaps.into_iter().filter(|it| !told.contains(it)) {
        reach.gap(Place::Account, gap);
    }
    match library {
        Err(gap) => reach.gap(Place::Account, gap.clone()),
        Ok(library) => {
            for (arn, gap) in library.trusts.gaps() {
                reach.gap(Place::Role(arn.to_owned()), gap);
            }
            let admitted = by_web_identity(context, library, &mut starts, &mut reach);
            for (arn, cluster, route) in starts {
                match library.trusts.roles.get(arn.as_str()) {
                    Some((role, _)) => reach.add(role, [cluster], route),
                    None if account(&arn) != context.account.id => {
                        let call = "iam:GetAccountAuthorizationDetails".to_owned();
                        let detail = format!("role of account {}", account(&arn));
                        let gap = Gap { call, reason: Reason::NotCollected, detail };
                        reach.gap(Place::Role(arn), gap);
                    }
                    None => {} // Deleted: nobody can hold it.
                }
            }
            chain(&mut reach, library);
            for (arn, reached) in &mut reach.roles {
                reached.service_accounts.extend(admitted.get(arn).into_iter().flatten().cloned());
                reached.policies = library.of_role(reached.role, &reached.session());
            }
        }
    }
    // A role that is reached is judged although its trust policy is partly unreadable.
    reach.gaps.retain(
        |place, _| !matches!(place, Place::Role(arn) if reach.roles.contains_key(arn.as_str())),
    );
    reach
}

impl<'a> Reach<'a> {
    fn gap(&mut self, place: Place, gap: Gap) {
        self.gaps.entry(place).or_insert(gap);
    }

    fn add(&mut self, role: &'a Role, clusters: impl IntoIterator<Item = ClusterId>, route: Route) {
        let reached = self.roles.entry(&role.arn).or_insert_with(|| Reached {
            role,
            clusters: BTreeSet::new(),
            routes: BTreeSet::new(),
            service_accounts: BTreeSet::new(),
            policies: Policies::default(),
            admin: OnceCell::new(),
        });
        reached.clusters.extend(clusters);
        if let Via::PodIdentity(namespace, name) = &route.via {
            let (namespace, name) = (namespace.clone(), name.clone());
            reached.service_accounts.insert(Subjects { namespace, name });
        }
        reached.routes.insert(route);
    }
}

fn sure(via: Via) -> Route {
    Route { via, session: None, answer: Answer::Yes }
}

/// Roles whose trust policy admits service accounts of a cluster, and which.
fn by_web_identity<'a>(
    context: &AccountContext<'a>,
    library: &Library<'a>,
    starts: &mut Vec<Start>,
    reach: &mut Reach<'a>,
) -> BTreeMap<&'a str, BTreeSet<Subjects>> {
    let mut admitted: BTreeMap<&str, BTreeSet<Subjects>> = BTreeMap::new();
    let providers = match context.account.oidc_providers.known() {
        Ok(providers) => providers.as_slice(),
        Err(gap) => {
            reach.gap(Place::Account, gap);
            &[]
        }
    };
    let clusters = issuers_of(context);
    for provider in providers {
        let provider = match provider.known() {
            Ok(provider) => provider,
            Err(gap) => {
                reach.gap(Place::Account, gap);
                continue;
            }
        };
        let Some(clusters) = clusters.get(issuers::bare(&provider.url)) else { continue };
        let roles = library.trusts.roles.values();
        for (role, _) in roles.filter(|(_, it)| names_provider(it, &provider.arn)) {
            let Ok(admission) = web_identity(role, provider) else { continue };
            let route = Route { via: Via::WebIdentity, session: None, answer: admission.answer() };
            if admission.is_empty() {
                continue;
            }
            starts.extend(clusters.iter().map(|it| (role.arn.clone(), it.clone(), route.clone())));
            let subjects = admission.0.into_iter().map(|(subjects, _)| subjects);
            admitted.entry(&role.arn).or_default().extend(subjects);
        }
    }
    admitted
}

/// Whether a trust policy can mean a provider.
pub fn names_provider(trust: &Document, provider: &str) -> bool {
    let mut principals = trust.statements.iter().filter_map(|it| it.principals.as_ref());
    principals.any(|it| {
        let named = |(kind, value): &(String, String)| match kind.as_str() {
            "Federated" => value == provider || value == "*",
            kind => kind == "*",
        };
        it.all_but || it.named.iter().any(named)
    })
}

/// Clusters by issuer, without `https://`.
pub fn issuers_of(context: &AccountContext<'_>) -> BTreeMap<String, BTreeSet<ClusterId>> {
    let mut issuers: BTreeMap<String, BTreeSet<ClusterId>> = BTreeMap::new();
    for region in context.regions() {
        for cluster in region.region.clusters.known().into_iter().flatten() {
            let Ok(described) = cluster.described.known() else { continue };
            if let Some(issuer) = &described.oidc_issuer {
                let id = region.cluster_id(&cluster.name);
                issuers.entry(issuers::bare(issuer).to_owned()).or_default().insert(id);
            }
        }
    }
    issuers
}

/// What reached roles become, step by step.
fn chain<'a>(reach: &mut Reach<'a>, library: &Library<'a>) {
    let mut front: BTreeSet<&str> = reach.roles.keys().copied().collect();
    for _ in 0..STEPS {
        let mut next = BTreeSet::new();
        for arn in front {
            let from = reach.roles[arn].clone();
            let policies = library.of_role(from.role, &from.session());
            for (role, decision) in library.trusts.assumable_by(from.role, &policies) {
                let answer = decision.answer.min(from.answer());
                let known = reach.roles.get(role.arn.as_str());
                let via = Via::Role(arn.to_owned());
                let route = Route { via, session: None, answer };
                let news = known.is_none_or(|it| {
                    !it.clusters.is_superset(&from.clusters)
                        || it.routes.iter().all(|it| it.answer < answer)
                });
                reach.add(role, from.clusters.clone(), route);
                if news {
                    next.insert(role.arn.as_str());
                }
            }
        }
        front = next;
    }
}
