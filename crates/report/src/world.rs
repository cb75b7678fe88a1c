//! Both inventories joined: every cluster with what AWS and what its API server say of it.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::{
    AccountContext, RegionContext,
    iam::reach::{Reach, reach},
    inventory::{
        eks::{self, ClusterDescription},
        iam::Role,
    },
    node_pool::{NodePool, pools},
};
use eksray_kube::{
    inventory::{
        Kube,
        cluster::{Node, minor},
        workload::Workload,
    },
    rbac::Rbac,
};
use eksray_rule::{ClusterId, Gap, Judgement, Outcome, Reason, Settings, Subject};

use crate::{Configuration, ScanScope, Snapshot, graph::Finding, karpenter};

/// Everything that rules and edges of this crate see.
#[derive(Debug)]
pub struct World<'a> {
    /// Clusters, by id.
    pub clusters: Vec<ClusterView<'a>>,
    /// Accounts.
    pub accounts: Vec<AccountContext<'a>>,
    /// Findings that `aws` and `kube` made, whatever their confidence.
    pub open: BTreeMap<Finding, bool>,
    /// Findings that are meant so: what they allow stays possible, and nobody is asked to close it.
    pub accepted: BTreeSet<Finding>,
    /// What a rule could not look at, by rule and subject.
    pub unknown: BTreeMap<Finding, Gap>,
    /// Settings by part of the estate.
    pub configuration: &'a Configuration,
    /// What the scan was asked for.
    pub scope: &'a ScanScope,
    /// Roles that clusters can come to hold, by account.
    pub reach: BTreeMap<&'a str, Reach<'a>>,
}

/// A cluster from both sides.
#[derive(Debug)]
pub struct ClusterView<'a> {
    /// Its id.
    pub id: ClusterId,
    /// What AWS says; absent where AWS is out of scope.
    pub aws: Option<AwsView<'a>>,
    /// What its API server says.
    pub kube: Result<&'a Kube, Gap>,
    /// Its roles and bindings, resolved; empty where the API server was not read.
    pub rbac: Rbac<'a>,
    /// Settings in force.
    pub settings: &'a Settings,
}

/// What AWS says of a cluster.
#[derive(Debug)]
pub struct AwsView<'a> {
    /// Its Region, and through it its account.
    pub region: RegionContext<'a>,
    /// EKS answers.
    pub cluster: &'a eks::Cluster,
    /// Its node pools.
    pub pools: Vec<NodePool<'a>>,
    /// Pools by the instances that they hold.
    pub pool_by_instance: BTreeMap<&'a str, Subject>,
    /// Why there may be more pools.
    pub pool_gaps: Vec<Gap>,
}

impl<'a> World<'a> {
    /// Joins a snapshot with what its rules said so far.
    pub fn new(
        snapshot: &'a Snapshot,
        configuration: &'a Configuration,
        outcomes: &[Outcome],
    ) -> Self {
        let narrowed = !snapshot.scope.clusters.is_empty();
        let accounts: Vec<AccountContext<'a>> = snapshot
            .accounts
            .iter()
            .map(|account| AccountContext {
                account,
                settings: configuration.for_account(&account.id),
                now: snapshot.taken_at,
                narrowed,
            })
            .collect();
        let mut views: BTreeMap<ClusterId, ClusterView<'a>> = BTreeMap::new();
        for region in accounts.iter().flat_map(|it| it.regions()) {
            add_region(region, snapshot, configuration, &mut views);
        }
        for (id, kube) in &snapshot.kubes {
            views.entry(id.clone()).or_insert_with(|| {
                view(id.clone(), None, kube.known(), configuration.for_cluster(id, None))
            });
        }
        let reach = accounts.iter().map(|it| (it.account.id.as_str(), reach(it))).collect();
        let mut world = Self {
            scope: &snapshot.scope,
            reach,
            clusters: views.into_values().collect(),
            accounts,
            open: BTreeMap::new(),
            accepted: BTreeSet::new(),
            unknown: BTreeMap::new(),
            configuration,
        };
        world.learn(outcomes);
        world
    }

    /// Takes note of what rules said.
    pub fn learn(&mut self, outcomes: &[Outcome]) {
        for it in outcomes {
            let finding = Finding { rule: it.rule.id, subject: it.subject.clone() };
            match &it.verdict {
                Ok(Judgement::Fail { possible, .. }) => drop(self.open.insert(finding, *possible)),
                Ok(Judgement::Accepted { .. }) => drop(self.accepted.insert(finding)),
                Err(gap) => drop(self.unknown.insert(finding, gap.clone())),
                Ok(_) => {}
            }
        }
    }

    /// What a step needs that rests on a pattern: the finding where it is open, nothing where it is
    /// accepted; none where the pattern is not there.
    pub fn pattern(&self, rule: &'static str, subject: &Subject) -> Option<BTreeSet<Finding>> {
        let finding = Finding { rule, subject: subject.clone() };
        if self.accepted.contains(&finding) {
            return Some(BTreeSet::new());
        }
        self.open.contains_key(&finding).then(|| BTreeSet::from([finding]))
    }

    /// Whether a rule fails or accepts a subject; the gap is that it could not tell.
    pub fn is_open(&self, rule: &'static str, subject: &Subject) -> Result<bool, Gap> {
        let finding = Finding { rule, subject: subject.clone() };
        match self.unknown.get(&finding) {
            Some(gap) => Err(gap.clone()),
            None => Ok(self.pattern(rule, subject).is_some()),
        }
    }

    /// Every subject that a rule fails or accepts in a cluster, or anywhere.
    pub fn patterns(&self, rule: &'static str) -> impl Iterator<Item = &Finding> {
        let open = self.open.keys().filter(move |it| it.rule == rule);
        open.chain(self.accepted.iter().filter(move |it| it.rule == rule))
    }

    /// Whether a finding's proof cannot be decided offline.
    pub fn is_possible(&self, rule: &'static str, subject: &Subject) -> bool {
        let finding = Finding { rule, subject: subject.clone() };
        self.open.get(&finding).copied().unwrap_or(false)
    }

    /// The finding of a rule on a subject, if it is open.
    pub fn finding(&self, rule: &'static str, subject: &Subject) -> Option<Finding> {
        let finding = Finding { rule, subject: subject.clone() };
        self.open.contains_key(&finding).then_some(finding)
    }

    /// The findings of a rule on a subject, as a step needs them: none where it is not open.
    pub fn needs(&self, rule: &'static str, subject: &Subject) -> BTreeSet<Finding> {
        self.finding(rule, subject).into_iter().collect()
    }

    /// The account that a cluster or a role belongs to.
    pub fn account(&self, id: &str) -> Option<&AccountContext<'a>> {
        self.accounts.iter().find(|it| it.account.id == id)
    }

    /// A role by its ARN; the gap is that IAM of its account was not read.
    pub fn role(&self, arn: &str) -> Result<Option<&'a Role>, Gap> {
        let Some(account) = arn.split(':').nth(4).and_then(|it| self.account(it)) else {
            return Ok(None);
        };
        Ok(account.account.iam.known()?.roles.iter().find(|it| it.arn == arn))
    }
}

fn add_region<'a>(
    region: RegionContext<'a>,
    snapshot: &'a Snapshot,
    configuration: &'a Configuration,
    views: &mut BTreeMap<ClusterId, ClusterView<'a>>,
) {
    let Ok(clusters) = region.region.clusters.known() else { return };
    let mut pools = pools(&region).unwrap_or_default();
    for cluster in clusters {
        let id = region.cluster_id(&cluster.name);
        let own = |it: &NodePool<'a>| it.cluster == id;
        let mut aws = AwsView {
            region,
            cluster,
            pools: pools.pools.iter().filter(|it| own(it)).cloned().collect(),
            pool_by_instance: pools.pools.iter().filter(|it| own(it)).flat_map(members).collect(),
            pool_gaps: pools.gaps.remove(&id).unwrap_or_default(),
        };
        let kube = match snapshot.kubes.get(&id) {
            Some(kube) => kube.known(),
            None => Err(Gap {
                call: format!("API server of {}", cluster.name),
                reason: Reason::NotCollected,
                detail: String::new(),
            }),
        };
        karpenter::add_pools(&id, &mut aws, &kube);
        let settings = configuration.for_cluster(&id, None);
        views.insert(id.clone(), view(id, Some(aws), kube, settings));
    }
}

/// Instances of a pool, each with the pool.
fn members<'a>(pool: &NodePool<'a>) -> impl Iterator<Item = (&'a str, Subject)> {
    let subject = pool.subject();
    let instances = pool.instances.clone().unwrap_or_default();
    instances.into_iter().map(move |it| (it.instance_id.as_str(), subject.clone()))
}

fn view<'a>(
    id: ClusterId,
    aws: Option<AwsView<'a>>,
    kube: Result<&'a Kube, Gap>,
    settings: &'a Settings,
) -> ClusterView<'a> {
    let rbac = kube.as_ref().map(|it| Rbac::resolve(it)).unwrap_or_default();
    ClusterView { id, aws, kube, rbac, settings }
}

impl<'a> ClusterView<'a> {
    /// `eks:DescribeCluster`; the gap is also that AWS is out of scope.
    pub fn described(&self) -> Result<&'a ClusterDescription, Gap> {
        match &self.aws {
            Some(aws) => aws.cluster.described.known(),
            None => Err(out_of_scope("eks:DescribeCluster")),
        }
    }

    /// What AWS says; the gap is that it is out of scope.
    pub fn aws(&self) -> Result<&AwsView<'a>, Gap> {
        self.aws.as_ref().ok_or_else(|| out_of_scope("AWS"))
    }

    /// The minor version of the API server, as it says itself, else as EKS says.
    pub fn minor(&self) -> Result<u32, Gap> {
        let asked = self.kube.clone().and_then(|it| it.version.known());
        let text = match asked {
            Ok(version) => &version.git_version,
            Err(gap) => &self.described().map_err(|_| gap)?.version,
        };
        minor(text).ok_or_else(|| {
            let detail = format!("version `{text}` is not understood");
            Gap { call: "get /version".to_owned(), reason: Reason::Malformed, detail }
        })
    }

    /// A workload as a subject.
    pub fn workload(&self, it: &Workload) -> Subject {
        Subject::object(&self.id, &it.group, &it.kind, &it.namespace, &it.name)
    }

    /// A service account as a subject.
    pub fn service_account(&self, namespace: &str, name: &str) -> Subject {
        Subject::object(&self.id, "", "ServiceAccount", namespace, name)
    }

    /// The pool of a node, found by its instance, else by its labels.
    pub fn pool_of(&self, node: &Node) -> Subject {
        let pools = self.aws.as_ref().map(|it| &it.pool_by_instance);
        let by_instance = pools.zip(node.instance_id()).and_then(|(pools, id)| pools.get(id));
        by_instance.cloned().unwrap_or_else(|| {
            let (kind, name) = eksray_kube::pool_of(node);
            Subject::node_pool(&self.id, kind, name)
        })
    }
}

/// A side that was not asked.
pub(crate) fn out_of_scope(call: &str) -> Gap {
    let detail = "out of scope".to_owned();
    Gap { call: call.to_owned(), reason: Reason::NotCollected, detail }
}
