//! Who can reach or become whom, at what cost, and which findings each step needs.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Gap, Subject};

/// A finding: a rule and the subject that fails it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Rule id.
    pub rule: &'static str,
    /// Subject.
    pub subject: Subject,
}

/// How sure a step is; shown, never multiplied into a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Every fact under it was read.
    Observed,
    /// It follows from facts by a rule of thumb.
    Inferred,
    /// It rests on something that cannot be decided offline.
    Possible,
}

/// A step that an attacker can take while every finding it needs is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// Where the attacker stands.
    pub from: Subject,
    /// Where the step leads.
    pub to: Subject,
    /// Points; 40 halve the risk.
    pub cost: u32,
    /// Findings whose fix removes the step; none for what is meant so.
    pub needs: BTreeSet<Finding>,
    /// Why it works, a few words.
    pub why: String,
    /// How sure it is.
    pub confidence: Confidence,
}

/// Steps between sources and sinks.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Steps, sorted and without duplicates once [`Graph::settle`] ran.
    pub steps: Vec<Step>,
    /// Where attackers start, with the points it takes to stand there.
    pub sources: BTreeMap<Subject, u32>,
    /// What is worth reaching, with its impact, 0 to 100.
    pub sinks: BTreeMap<Subject, u32>,
    /// Why steps may be missing.
    pub gaps: BTreeSet<Gap>,
}

/// A way from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Points altogether, the source's included where there is one.
    pub cost: u32,
    /// Steps in order; none when both ends are one node.
    pub steps: Vec<Step>,
}

impl Graph {
    /// Sorts steps and drops duplicates, so that nothing depends on who added what first.
    pub fn settle(&mut self) {
        self.steps.sort();
        self.steps.dedup();
    }

    /// The cheapest way between two nodes.
    ///
    /// A path found is proof. No path is proof only when every source of steps was read, so an
    /// incomplete graph answers with its first gap instead.
    pub fn path(&self, from: &Subject, to: &Subject) -> Result<Option<Path>, Gap> {
        match (self.cheapest(from, to), self.gaps.first()) {
            (None, Some(gap)) => Err(gap.clone()),
            (path, _) => Ok(path),
        }
    }

    /// The cheapest way between two nodes among the steps that are known.
    pub fn cheapest(&self, from: &Subject, to: &Subject) -> Option<Path> {
        let map = Map::new(self, &BTreeSet::new());
        map.path_to(&map.search(&BTreeMap::from([(from, 0)])), to)
    }
}

/// A graph with numbered nodes, without the steps that a set of fixed findings removes.
#[derive(Debug)]
pub(crate) struct Map<'a> {
    nodes: BTreeMap<&'a Subject, usize>,
    steps: Vec<&'a Step>,
    /// Numbers of the steps that leave a node.
    out: Vec<Vec<usize>>,
    /// Numbers of the steps that enter a node.
    into: Vec<Vec<usize>>,
    /// Both ends of each step, as numbers.
    ends: Vec<(usize, usize)>,
}

/// The cheapest cost of every node, and the step by which it is reached.
#[derive(Debug)]
pub(crate) struct Reached {
    pub(crate) cost: Vec<Option<u32>>,
    via: Vec<Option<usize>>,
}

impl<'a> Map<'a> {
    pub(crate) fn new(graph: &'a Graph, fixed: &BTreeSet<&Finding>) -> Self {
        let steps: Vec<&Step> = graph
            .steps
            .iter()
            .filter(|it| fixed.is_empty() || it.needs.iter().all(|need| !fixed.contains(need)))
            .collect();
        let ends = graph.steps.iter().flat_map(|it| [&it.from, &it.to]);
        let names: BTreeSet<&Subject> =
            ends.chain(graph.sources.keys()).chain(graph.sinks.keys()).collect();
        let nodes: BTreeMap<&Subject, usize> =
            names.into_iter().enumerate().map(|(at, it)| (it, at)).collect();
        let ends: Vec<_> = steps.iter().map(|it| (nodes[&it.from], nodes[&it.to])).collect();
        let (mut out, mut into) = (vec![Vec::new(); nodes.len()], vec![Vec::new(); nodes.len()]);
        for (at, (from, to)) in ends.iter().enumerate() {
            out[*from].push(at);
            into[*to].push(at);
        }
        Self { nodes, steps, out, into, ends }
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = (&'a Step, usize, usize)> {
        self.steps.iter().zip(&self.ends).map(|(step, (from, to))| (*step, *from, *to))
    }

    pub(crate) fn number(&self, node: &Subject) -> Option<usize> {
        self.nodes.get(node).copied()
    }

    /// Cheapest costs from a set of starts.
    pub(crate) fn search(&self, starts: &BTreeMap<&Subject, u32>) -> Reached {
        self.dijkstra(starts, &self.out, |(_, to)| to)
    }

    /// Cheapest costs to one node, over the steps backwards.
    pub(crate) fn search_back(&self, goal: &Subject) -> Reached {
        self.dijkstra(&BTreeMap::from([(goal, 0)]), &self.into, |(from, _)| from)
    }

    /// Every node from which a way leads to a goal.
    pub(crate) fn leading_to(&self, goal: &Subject) -> BTreeSet<Subject> {
        let reached = self.search_back(goal);
        let nodes = self.nodes.iter().filter(|(_, at)| reached.cost[**at].is_some());
        nodes.map(|(node, _)| (*node).clone()).collect()
    }

    fn dijkstra(
        &self,
        starts: &BTreeMap<&Subject, u32>,
        steps_at: &[Vec<usize>],
        next: impl Fn((usize, usize)) -> usize,
    ) -> Reached {
        let mut reached =
            Reached { cost: vec![None; self.nodes.len()], via: vec![None; self.nodes.len()] };
        // Ordered by cost, then by node number: ties are broken by name, never by chance.
        let mut queue = BTreeSet::new();
        for (node, cost) in starts {
            if let Some(at) = self.number(node) {
                reached.cost[at] = Some(*cost);
                queue.insert((*cost, at));
            }
        }
        while let Some((cost, at)) = queue.pop_first() {
            for step in &steps_at[at] {
                let to = next(self.ends[*step]);
                let total = cost.saturating_add(self.steps[*step].cost);
                if reached.cost[to].is_none_or(|known| total < known) {
                    if let Some(known) = reached.cost[to] {
                        queue.remove(&(known, to));
                    }
                    reached.cost[to] = Some(total);
                    reached.via[to] = Some(*step);
                    queue.insert((total, to));
                }
            }
        }
        reached
    }

    /// The steps by which a forward search reached a node.
    pub(crate) fn path_to(&self, reached: &Reached, node: &Subject) -> Option<Path> {
        let mut at = self.number(node)?;
        let cost = reached.cost[at]?;
        let mut steps = Vec::new();
        while let Some(step) = reached.via[at] {
            steps.push(self.steps[step].clone());
            at = self.ends[step].0;
        }
        steps.reverse();
        Some(Path { cost, steps })
    }
}
