//! Runs every rule of every crate over a snapshot and joins what they say.

mod path;

use eksray_aws::{AccountContext, node_pool::NodePool};
use eksray_kube::{inventory::workload::Workload, rbac::Grant};
use eksray_rule::{ClusterId, Entry, Gap, Judgement, Outcome, Reason, Scope, Subject, Verdict};

use crate::{
    Configuration, Snapshot, edges,
    grants::{AccessGrant, grants},
    graph::Graph,
    join,
    model::{self, Report},
    paths::Paths,
    rules::ALL,
    softenings, unlisted,
    world::{ClusterView, World},
};

/// A rule that needs both sides.
pub type Rule = eksray_rule::Rule<Check>;

/// What a rule looks at, and the function that looks.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// A cluster, from both sides.
    Cluster(fn(&ClusterView<'_>, &World<'_>) -> Verdict),
    /// A node pool of a cluster.
    NodePool(fn(&NodePool<'_>, &ClusterView<'_>, &World<'_>) -> Verdict),
    /// One subject of a binding, with the rights that the binding gives it.
    Grant(fn(&Grant<'_>, &ClusterView<'_>, &World<'_>) -> Verdict),
    /// A mapping of an AWS principal to a Kubernetes identity.
    AccessGrant(fn(&AccessGrant<'_>, &ClusterView<'_>, &World<'_>) -> Verdict),
    /// A workload, asked after the graph stands.
    Path(fn(&Workload, &ClusterView<'_>, &Paths<'_>) -> Verdict),
    /// A node pool where all its pods are concerned, else the workloads that are.
    PoolAndWorkloadPath(
        fn(&NodePool<'_>, &ClusterView<'_>, &Paths<'_>) -> Verdict,
        fn(&Workload, &ClusterView<'_>, &Paths<'_>) -> Option<(Subject, Verdict)>,
    ),
}

impl Check {
    /// What findings of the rule are about, as `eksray rules` prints it.
    pub fn subject(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "cluster",
            Self::NodePool(_) => "node pool",
            Self::Grant(_) => "binding × subject",
            Self::AccessGrant(_) => "access grant",
            Self::Path(_) => "workload",
            Self::PoolAndWorkloadPath(..) => "workload or node pool",
        }
    }
}

/// Every rule of this crate, by id.
pub fn rules() -> &'static [Entry<Check>] {
    ALL
}

/// Judges a snapshot: one outcome for every rule and subject.
pub fn inspect(snapshot: &Snapshot, configuration: &Configuration) -> Vec<Outcome> {
    judge(snapshot, configuration).0
}

/// Judges a snapshot and keeps the graph that the rules about paths walked.
fn judge(snapshot: &Snapshot, configuration: &Configuration) -> (Vec<Outcome>, Graph) {
    let narrowed = !snapshot.scope.clusters.is_empty();
    let mut outcomes = unlisted::outcomes(snapshot);
    for account in &snapshot.accounts {
        let settings = configuration.for_account(&account.id);
        let context = AccountContext { account, settings, now: snapshot.taken_at, narrowed };
        outcomes.extend(eksray_aws::inspect(&context));
    }
    for (cluster, kube) in &snapshot.kubes {
        match kube.known() {
            Ok(kube) => {
                let settings =
                    |namespace: Option<&str>| configuration.for_cluster(cluster, namespace);
                outcomes.extend(eksray_kube::inspect(cluster, kube, snapshot.taken_at, settings));
            }
            Err(gap) => outcomes.extend(unreachable(cluster, &gap, snapshot)),
        }
    }
    let mut world = World::new(snapshot, configuration, &[]);
    let mut outcomes = join::join(outcomes, &world);
    world.learn(&outcomes);
    let own = each_rule(&world, |entry, view, out| visit(entry, view, &world, out));
    world.learn(&own);
    outcomes.extend(own);
    let edges = edges::all(&world);
    let paths = Paths::new(&world, &edges);
    outcomes.extend(each_rule(&world, |entry, view, out| path::visit(entry, view, &paths, out)));
    softenings::soften(&mut outcomes, &world, &edges);
    (outcomes, edges.graph)
}

/// What every rule of this crate says of every cluster, by rule and subject.
fn each_rule(
    world: &World<'_>,
    visit: impl Fn(&Entry<Check>, &ClusterView<'_>, &mut Vec<Outcome>),
) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for entry in ALL {
        let mut own = Vec::new();
        world.clusters.iter().for_each(|view| visit(entry, view, &mut own));
        own.sort_by(|a, b| a.subject.cmp(&b.subject));
        outcomes.extend(join::merge(own));
    }
    outcomes
}

fn visit(entry: &Entry<Check>, view: &ClusterView<'_>, world: &World<'_>, out: &mut Vec<Outcome>) {
    let mut push = |subject: Subject, verdict: Verdict| {
        out.push(Outcome {
            rule: entry.meta(),
            subject,
            scope: Scope::of_cluster(&view.id).into(),
            verdict,
        });
    };
    match entry.rule.check {
        Check::Cluster(_) | Check::AccessGrant(_) if is_registered(view) => {
            let why = "registered from outside, not an EKS control plane";
            push(Subject::cluster(&view.id), Ok(Judgement::not_applicable(why)));
        }
        Check::Cluster(check) => {
            let verdict = check(view, world).or_else(|gap| unread(&gap, world));
            push(Subject::cluster(&view.id), verdict);
        }
        Check::NodePool(check) => match &view.aws {
            None => push(Subject::cluster(&view.id), no_aws(&view.id, world)),
            Some(aws) => {
                aws.pools.iter().for_each(|it| push(it.subject(), check(it, view, world)));
                if let Some(gap) = aws.pool_gaps.first() {
                    push(Subject::cluster(&view.id), unread(gap, world));
                }
                out.extend(join::doubts(entry.meta(), view));
            }
        },
        Check::Grant(check) => {
            if let Err(gap) = &view.kube {
                return push(Subject::cluster(&view.id), unread(gap, world));
            }
            for it in &view.rbac.grants {
                push(it.subject_in(&view.id), check(it, view, world));
            }
            if let Some(gap) = view.rbac.gaps.first() {
                push(Subject::cluster(&view.id), Err(gap.clone()));
            }
        }
        Check::AccessGrant(check) => {
            if view.aws.is_none() {
                return push(Subject::cluster(&view.id), no_aws(&view.id, world));
            }
            let (found, gaps) = grants(view);
            for it in &found {
                push(it.subject_in(&view.id), check(it, view, world));
            }
            if let Some(gap) = gaps.first() {
                push(Subject::cluster(&view.id), unread(gap, world));
            }
        }
        Check::Path(_) | Check::PoolAndWorkloadPath(..) => {}
    }
}

fn is_registered(view: &ClusterView<'_>) -> bool {
    view.described().is_ok_and(|it| it.connected)
}

/// What a rule says whose subjects an API server would have named.
fn unread(gap: &Gap, world: &World<'_>) -> Verdict {
    if world.scope.without_kubernetes && gap.reason == Reason::NotCollected {
        return Ok(Judgement::not_applicable("API servers are out of scope"));
    }
    Err(gap.clone())
}

/// What a rule says that needs AWS of a cluster that AWS did not tell of.
pub(crate) fn no_aws(cluster: &ClusterId, world: &World<'_>) -> Verdict {
    let mut regions = world.accounts.iter().flat_map(|it| it.regions());
    let own = regions.find(|it| it.cluster_id(cluster.name()) == *cluster);
    match own.and_then(|it| it.region.clusters.gap()) {
        Some(gap) => Err(gap.clone()),
        None => Ok(without_aws()),
    }
}

/// What a rule says that needs AWS when AWS was not asked.
fn without_aws() -> Judgement {
    Judgement::not_applicable("AWS is out of scope")
}

/// What the Kubernetes rules say of a cluster whose API server was not read.
fn unreachable<'a>(
    cluster: &'a ClusterId,
    gap: &'a Gap,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = Outcome> + 'a {
    let verdict = move || {
        if snapshot.scope.without_kubernetes {
            return Ok(Judgement::not_applicable("API servers are out of scope"));
        }
        Err(gap.clone())
    };
    eksray_kube::rules().iter().map(move |entry| Outcome {
        rule: entry.meta(),
        subject: Subject::cluster(cluster),
        scope: Scope::of_cluster(cluster).into(),
        verdict: verdict(),
    })
}

/// Judges and ranks a snapshot; only rules that are wanted are reported.
pub fn assess(
    snapshot: &Snapshot,
    configuration: &Configuration,
    wanted: impl Fn(&str) -> bool,
) -> Report {
    let (mut outcomes, graph) = judge(snapshot, configuration);
    outcomes.retain(|it| wanted(it.rule.id));
    let remarks = vec![NOT_CONSIDERED.to_owned()];
    model::build(snapshot, &configuration.settings, &outcomes, &graph, remarks)
}

/// What paths leave out so far; a path may therefore be shorter or may not exist in truth.
const NOT_CONSIDERED: &str = "paths consider load balancers, node, host and host-network ports, IRSA, Pod Identity, \
    the instance metadata service, escapes to nodes and RBAC; not yet: network policies, Gateway API, \
    escalation sets of IAM, image push, organization policies";
