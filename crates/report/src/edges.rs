//! The steps of the attack graph, one file per family.

mod access;
mod escape;
mod expose;
mod iam;
mod identity;
mod rbac;

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap, Subject};

pub(crate) use escape::roles_of;
pub(crate) use expose::is_of_ingress;

use crate::{
    graph::{Confidence, Finding, Graph, Step},
    world::World,
};

/// Points of a step that rests on something which cannot be decided offline.
const POSSIBLE: u32 = 20;
/// Points to stand where an attacker may begin.
const LEAKED_CREDENTIAL: u32 = 50;
/// Points to stand in a workload: something it was built from was compromised.
const DEPENDENCY: u32 = 60;

/// Steps in the making, and what kept some of them from being seen.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// The graph.
    pub graph: Graph,
    /// How each exposed workload is reached, by workload.
    pub exposed: BTreeMap<Subject, BTreeSet<String>>,
    /// Workloads behind an internet-facing load balancer.
    pub balanced: BTreeSet<Subject>,
    /// Why ways in from the internet may be missing, by cluster.
    pub exposure_gaps: BTreeMap<ClusterId, BTreeSet<Gap>>,
    /// Why other steps may be missing, by cluster.
    pub gaps: BTreeMap<ClusterId, BTreeSet<Gap>>,
}

/// Every step that the world allows.
pub fn all(world: &World<'_>) -> Edges {
    let mut edges = Edges::default();
    edges.source(Subject::internet(), 0);
    expose::add(world, &mut edges);
    identity::add(world, &mut edges);
    escape::add(world, &mut edges);
    rbac::add(world, &mut edges);
    access::add(world, &mut edges);
    iam::add(world, &mut edges);
    edges.graph.settle();
    edges
}

impl Edges {
    /// Adds a step that was observed.
    fn step(
        &mut self,
        from: &Subject,
        to: &Subject,
        cost: u32,
        why: &str,
        needs: BTreeSet<Finding>,
    ) {
        self.push(from, to, cost, why, needs, Confidence::Observed);
    }

    /// Adds a step that cannot be decided offline: dearer, and marked.
    fn possible(
        &mut self,
        from: &Subject,
        to: &Subject,
        cost: u32,
        why: &str,
        needs: BTreeSet<Finding>,
    ) {
        self.push(from, to, cost + POSSIBLE, why, needs, Confidence::Possible);
    }

    fn push(
        &mut self,
        from: &Subject,
        to: &Subject,
        cost: u32,
        why: &str,
        needs: BTreeSet<Finding>,
        confidence: Confidence,
    ) {
        let (from, to, why) = (from.clone(), to.clone(), why.to_owned());
        self.graph.steps.push(Step { from, to, cost, needs, why, confidence });
    }

    fn expose(&mut self, workload: &Subject, how: String) {
        self.exposed.entry(workload.clone()).or_default().insert(how);
    }

    fn exposure_gap(&mut self, cluster: &ClusterId, gap: Gap) {
        self.exposure_gaps.entry(cluster.clone()).or_default().insert(gap);
    }

    fn gap(&mut self, cluster: &ClusterId, gap: Gap) {
        self.gaps.entry(cluster.clone()).or_default().insert(gap);
    }

    fn source(&mut self, subject: Subject, cost: u32) {
        self.graph.sources.insert(subject, cost);
    }

    fn sink(&mut self, subject: Subject, impact: u32) {
        let known = self.graph.sinks.entry(subject).or_default();
        *known = impact.max(*known);
    }
}
