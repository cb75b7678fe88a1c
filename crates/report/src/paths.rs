//! What rules about paths ask of the graph.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::node_pool::{NodePool, running};
use eksray_kube::inventory::workload::Workload;
use eksray_rule::{Gap, Judgement, Subject, Verdict};

use crate::{
    edges::{Edges, roles_of},
    graph::{Confidence, Finding, Map, Path},
    world::{AwsView, ClusterView, World},
};

/// The graph, with what many questions share worked out once.
#[derive(Debug)]
pub struct Paths<'a> {
    /// Both inventories and what the other rules said.
    pub world: &'a World<'a>,
    /// The steps.
    pub edges: &'a Edges,
    /// Everything that leads to a sink, by sink.
    leading: BTreeMap<Subject, BTreeSet<Subject>>,
}

impl<'a> Paths<'a> {
    /// Works out who leads to each administrator.
    pub fn new(world: &'a World<'a>, edges: &'a Edges) -> Self {
        let map = Map::new(&edges.graph, &BTreeSet::new());
        let sinks = edges.graph.sinks.keys().map(|it| (it.clone(), map.leading_to(it)));
        Self { world, edges, leading: sinks.collect() }
    }

    /// The administrator of the account that a cluster is in.
    pub fn aws_admin(&self, aws: &AwsView<'_>) -> Subject {
        let account = aws.region.account.account;
        Subject::landmark(&account.partition, &account.id, "aws-admin")
    }

    /// How the internet reaches a workload; the gap is that nobody could look everywhere.
    pub fn exposure(
        &self,
        workload: &Subject,
        view: &ClusterView<'_>,
    ) -> Result<Option<&'a BTreeSet<String>>, Gap> {
        let gap = self.edges.exposure_gaps.get(&view.id).and_then(BTreeSet::first);
        match (self.edges.exposed.get(workload), gap) {
            (None, Some(gap)) => Err(gap.clone()),
            (ways, _) => Ok(ways),
        }
    }

    /// The cheapest way from a workload to a sink; the gap is that steps may be missing.
    pub fn climb(
        &self,
        from: &Subject,
        sink: &Subject,
        view: &ClusterView<'_>,
    ) -> Result<Option<Path>, Gap> {
        if self.leading.get(sink).is_some_and(|it| it.contains(from)) {
            return Ok(self.edges.graph.cheapest(from, sink));
        }
        match self.edges.gaps.get(&view.id).and_then(BTreeSet::first) {
            Some(gap) => Err(gap.clone()),
            None => Ok(None),
        }
    }

    /// The way over the workload's own account and its role, and no other.
    pub fn climb_by_identity(
        &self,
        from: &Subject,
        sink: &Subject,
        view: &ClusterView<'_>,
    ) -> Result<Option<Path>, Gap> {
        let steps = &self.edges.graph.steps;
        let after = |from: &Subject| {
            let start = steps.partition_point(|it| it.from < *from);
            let from = from.clone();
            steps[start..].iter().take_while(move |it| it.from == from)
        };
        for account in after(from).filter(|it| is_account(&it.to)) {
            for role in after(&account.to).filter(|it| is_role(&it.to)) {
                if let Some(last) = after(&role.to).find(|it| it.to == *sink) {
                    let steps = vec![account.clone(), role.clone(), last.clone()];
                    return Ok(Some(Path { cost: steps.iter().map(|it| it.cost).sum(), steps }));
                }
            }
        }
        match self.edges.gaps.get(&view.id).and_then(BTreeSet::first) {
            Some(gap) => Err(gap.clone()),
            None => Ok(None),
        }
    }

    /// The finding on a path whose fix alone breaks it, the last one first: closest to what is protected.
    pub fn cheapest_cut<'p>(&self, path: &'p Path) -> Option<&'p Finding> {
        path.steps.iter().rev().find_map(|it| it.needs.first())
    }

    /// Whether some step of a path cannot be decided offline.
    pub fn is_possible(path: &Path) -> bool {
        path.steps.iter().any(|it| it.confidence == Confidence::Possible)
    }

    /// What the roles under a workload are good for, those of pools that are judged as a whole left out,
    /// and why some pools could not be judged.
    pub fn worth_under(
        &self,
        workload: &Workload,
        view: &ClusterView<'_>,
        judge: impl Fn(&NodePool<'_>) -> Verdict,
    ) -> Result<(Vec<String>, Vec<Gap>), Gap> {
        let (mut facts, mut gaps) = (BTreeSet::new(), BTreeSet::new());
        for pool in pools_under(workload, view)? {
            match judge(pool) {
                Ok(Judgement::Fail { .. }) => continue,
                Ok(_) => {}
                Err(gap) => drop(gaps.insert(gap)),
            }
            facts.extend(self.worth_of_node_role(pool, view)?);
        }
        Ok((facts.into_iter().collect(), gaps.into_iter().collect()))
    }

    /// What the role of a pool's nodes is good for, as facts.
    pub fn worth_of_node_role(
        &self,
        pool: &NodePool<'_>,
        view: &ClusterView<'_>,
    ) -> Result<Vec<String>, Gap> {
        let aws = view.aws()?;
        let mut facts = Vec::new();
        let (roles, mut unread) = roles_of(pool, aws);
        for role in roles {
            let name = role.short();
            match self.world.is_open("iam-node-role-excess", &role) {
                Ok(true) => facts.push(format!("{name} may do more than nodes need")),
                Ok(false) => {}
                Err(gap) => unread = Some(gap),
            }
            match acts_as_node(view, role.as_str()) {
                Ok(true) => facts.push(format!("{name} acts as the node towards the API server")),
                Ok(false) => {}
                Err(gap) => unread = Some(gap),
            }
        }
        match unread {
            Some(gap) if facts.is_empty() => Err(gap),
            _ => Ok(facts),
        }
    }
}

/// The pools that a workload's pods run on; the gap is that nodes could not be listed.
fn pools_under<'v, 'a>(
    workload: &Workload,
    view: &'v ClusterView<'a>,
) -> Result<Vec<&'v NodePool<'a>>, Gap> {
    let kube = view.kube.clone()?;
    let nodes = kube.nodes.known()?.iter();
    let under: BTreeSet<Subject> = nodes
        .filter(|it| workload.pods.nodes.contains(&it.metadata.name))
        .map(|it| view.pool_of(it))
        .collect();
    Ok(view.aws()?.pools.iter().filter(|it| under.contains(&it.subject())).collect())
}

/// Where the metadata service of a pool's running instances answers to pods, as facts.
pub fn open_metadata(pool: &NodePool<'_>) -> Result<Vec<String>, Gap> {
    let mut facts = BTreeSet::new();
    for instance in running(pool)? {
        let Some(options) = &instance.metadata_options else { continue };
        if options.http_endpoint.as_deref() == Some("disabled") {
            continue;
        }
        let id = &instance.instance_id;
        if options.http_tokens.as_deref() == Some("optional") {
            facts.insert(format!("{id}: HttpTokens = optional"));
        }
        if let Some(hops @ 2..) = options.http_put_response_hop_limit {
            facts.insert(format!("{id}: HttpPutResponseHopLimit = {hops}"));
        }
    }
    Ok(facts.into_iter().collect())
}

fn is_account(subject: &Subject) -> bool {
    subject.as_str().contains("/core/ServiceAccount/")
}

fn is_role(subject: &Subject) -> bool {
    subject.as_str().contains(":iam::") && subject.as_str().contains(":role/")
}

/// Whether an access entry or an `aws-auth` row maps the role to a node.
fn acts_as_node(view: &ClusterView<'_>, role: &str) -> Result<bool, Gap> {
    let mode = view.described()?.authentication_mode.as_deref();
    let mut gap = None;
    if mode != Some("CONFIG_MAP") {
        match view.aws()?.cluster.access_entries.known() {
            Err(it) => gap = Some(it),
            Ok(entries) => {
                for entry in entries.iter().filter(|it| it.principal_arn == role) {
                    match entry.described.known() {
                        Ok(it) if it.type_.starts_with("EC2") => return Ok(true),
                        Ok(_) => {}
                        Err(it) => gap = Some(it),
                    }
                }
            }
        }
    }
    if mode != Some("API") {
        match view.kube.clone().and_then(|it| it.aws_auth.known()) {
            Err(it) => gap = Some(it),
            Ok(auth) => {
                let rows = auth.iter().flat_map(|it| &it.rows);
                let node = |it: &String| it == "system:nodes";
                if rows.into_iter().any(|it| it.arn == role && it.groups.iter().any(node)) {
                    return Ok(true);
                }
            }
        }
    }
    gap.map_or(Ok(false), Err)
}
