//! The ranking model: what is at risk, how much each finding carries, what to fix first.
//!
//! Integers only, in thousandths of a point; ties are broken by fixed keys. Risk is monotone (a worse
//! estate never scores better), the value of a fix is not (redundant paths lower it), so the two are kept apart.
//! The model and its numbers are explained in `docs/ranking.md`.

mod plan;

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Severity, Subject};

use crate::graph::{Finding, Graph, Map, Path, Reached};
use plan::{fixes, gains, plan};

/// Points after which a risk is half.
const HALF_LIFE: u32 = 40;

/// 2^(-k/40) for k of 0 to 39, in units of 2^-32.
const ATTENUATION: [u64; 40] = [
    4_294_967_296,
    4_221_182_329,
    4_148_664_943,
    4_077_393_362,
    4_007_346_185,
    3_938_502_376,
    3_870_841_262,
    3_804_342_526,
    3_738_986_199,
    3_674_752_654,
    3_611_622_603,
    3_549_577_088,
    3_488_597_478,
    3_428_665_462,
    3_369_763_041,
    3_311_872_529,
    3_254_976_542,
    3_199_057_993,
    3_144_100_091,
    3_090_086_334,
    3_037_000_500,
    2_984_826_649,
    2_933_549_114,
    2_883_152_496,
    2_833_621_662,
    2_784_941_738,
    2_737_098_106,
    2_690_076_398,
    2_643_862_496,
    2_598_442_521,
    2_553_802_834,
    2_509_930_029,
    2_466_810_934,
    2_424_432_598,
    2_382_782_298,
    2_341_847_524,
    2_301_615_985,
    2_262_075_600,
    2_223_214_495,
    2_185_021_001,
];

/// How urgent a finding is in its surroundings; severity is what it is on its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// 65 points and more.
    Critical,
    /// 45 and more.
    High,
    /// 25 and more.
    Medium,
    /// 10 and more.
    Low,
    /// The rest.
    Info,
}

impl Tier {
    fn of(milli: u64) -> Self {
        match milli {
            65_000.. => Self::Critical,
            45_000.. => Self::High,
            25_000.. => Self::Medium,
            10_000.. => Self::Low,
            _ => Self::Info,
        }
    }
}

/// A finding as the ranking sees it.
#[derive(Clone, Debug)]
pub struct Rated {
    /// The finding.
    pub finding: Finding,
    /// Severity of its rule.
    pub severity: Severity,
    /// The object and field that an owner edits; findings that share it are one fix.
    pub fix_key: String,
    /// It describes a whole path over its subject: no step needs it, its links are what is fixed.
    pub chain: bool,
}

/// What the ranking says of one finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// Thousandths, 0 to 100,000.
    pub milli: u64,
    /// Tier of the score.
    pub tier: Tier,
    /// The greatest risk that runs through it, in thousandths.
    pub through: u64,
    /// What fixing it alone removes, in thousandths.
    pub gain: u64,
    /// The cheapest path through it to the sink that its greatest risk belongs to.
    pub path: Option<Path>,
}

/// A row of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What to edit.
    pub fix_key: String,
    /// The findings that it closes.
    pub findings: Vec<Finding>,
    /// Risk left after this row and all before it, in thousandths.
    pub residual: u64,
    /// The path that it cuts.
    pub cuts: Path,
    /// The sink at the end of that path.
    pub sink: Subject,
    /// Only together with the next row does it remove anything.
    pub with_next: bool,
}

/// What the ranking says of a whole estate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranking {
    /// Sum of all sink risks, in thousandths.
    pub total: u64,
    /// Risk by sink, in thousandths; sinks that nothing reaches are left out.
    pub risks: BTreeMap<Subject, u64>,
    /// Scores by finding.
    pub scores: BTreeMap<Finding, Score>,
    /// What to fix, in order.
    pub plan: Vec<Fix>,
}

/// `impact` (0 to 100) at the end of a path of `cost` points, in thousandths, rounded half up.
fn risk(impact: u32, cost: u32) -> u64 {
    let halvings = cost / HALF_LIFE;
    if halvings > 31 {
        return 0;
    }
    let factor = ATTENUATION[(cost % HALF_LIFE) as usize];
    // impact × 1000 × factor < 2^49: no overflow.
    let scaled = u64::from(impact) * 1000 * factor;
    let shift = 32 + halvings;
    (scaled + (1 << (shift - 1))) >> shift
}

/// Ranks findings on a settled graph.
pub fn rank(graph: &Graph, findings: &[Rated]) -> Ranking {
    let map = Map::new(graph, &BTreeSet::new());
    let reached = map.search(&starts(graph));
    let risks = risks(graph, &map, &reached);
    let total = risks.values().sum();
    let backs: BTreeMap<&Subject, Reached> =
        graph.sinks.keys().map(|it| (it, map.search_back(it))).collect();
    let through = through(graph, &map, &reached, &backs);
    let fixes = fixes(findings);
    let gains = gains(graph, total, &BTreeSet::new(), &fixes);
    let scores = findings
        .iter()
        .map(|it| {
            let over = it.chain.then(|| over(graph, &map, &reached, &backs, &it.finding.subject));
            let (top, breadth, path) = match (over, through.get(&it.finding)) {
                (Some(over), _) => over,
                (None, None) => (0, 0, None),
                (None, Some(it)) => {
                    (it.best.0, breadth(&it.risks), path_through(&map, &reached, it))
                }
            };
            let gain = gains.get(it.fix_key.as_str()).map_or(0, |it| it.0);
            let milli = score(it.severity, top, breadth);
            let score = Score { milli, tier: Tier::of(milli), through: top, gain, path };
            (it.finding.clone(), score)
        })
        .collect();
    Ranking { total, risks, scores, plan: plan(graph, total, &fixes) }
}

fn starts(graph: &Graph) -> BTreeMap<&Subject, u32> {
    graph.sources.iter().map(|(source, cost)| (source, *cost)).collect()
}

fn risks(graph: &Graph, map: &Map<'_>, reached: &Reached) -> BTreeMap<Subject, u64> {
    let risk_of = |(sink, impact): (&Subject, &u32)| {
        let cost = reached.cost[map.number(sink)?]?;
        Some((sink.clone(), risk(*impact, cost)))
    };
    graph.sinks.iter().filter_map(risk_of).filter(|(_, risk)| *risk > 0).collect()
}

/// The greatest risks through one finding, by sink.
#[derive(Debug)]
struct Through {
    /// Thousandths by sink.
    risks: BTreeMap<Subject, u64>,
    /// The step that carries the greatest of them, as both ends' numbers.
    best: (u64, usize, Subject),
}

fn through(
    graph: &Graph,
    map: &Map<'_>,
    reached: &Reached,
    backs: &BTreeMap<&Subject, Reached>,
) -> BTreeMap<Finding, Through> {
    let mut all: BTreeMap<Finding, Through> = BTreeMap::new();
    for (sink, impact) in &graph.sinks {
        let back = &backs[sink];
        for (at, (step, from, to)) in map.steps().enumerate() {
            let (false, Some(before), Some(after)) =
                (step.needs.is_empty(), reached.cost[from], back.cost[to])
            else {
                continue;
            };
            let risk = risk(*impact, before.saturating_add(step.cost).saturating_add(after));
            for finding in &step.needs {
                let entry = all.entry(finding.clone()).or_insert_with(|| Through {
                    risks: BTreeMap::new(),
                    best: (0, at, sink.clone()),
                });
                let known = entry.risks.entry(sink.clone()).or_default();
                *known = risk.max(*known);
                if risk > entry.best.0 {
                    entry.best = (risk, at, sink.clone());
                }
            }
        }
    }
    all
}

/// Two points per doubling of other sinks with a through-risk of 20 or more, at most 8, in thousandths.
fn breadth(risks: &BTreeMap<Subject, u64>) -> u64 {
    match risks.values().filter(|it| **it >= 20_000).count() {
        0 => 0,
        sinks => u64::from(8.min(2 * sinks.ilog2())) * 1000,
    }
}

/// 100·(1 − (1 − risk)·(1 − hygiene/4)), in thousandths: (100 − risk)·(400 − hygiene)/400 is left.
fn score(severity: Severity, top: u64, breadth: u64) -> u64 {
    let hygiene: u64 = match severity {
        Severity::Critical => 80,
        Severity::High => 60,
        Severity::Medium => 40,
        Severity::Low => 20,
        Severity::Info => 5,
    };
    let risk = (top + breadth).min(100_000);
    100_000 - ((100_000 - risk) * (400 - hygiene) + 200) / 400
}

/// What runs over a node: the greatest risk, its breadth, and the cheapest path over the node that carries it.
fn over(
    graph: &Graph,
    map: &Map<'_>,
    reached: &Reached,
    backs: &BTreeMap<&Subject, Reached>,
    node: &Subject,
) -> (u64, u64, Option<Path>) {
    let Some(at) = map.number(node) else { return (0, 0, None) };
    let Some(before) = reached.cost[at] else { return (0, 0, None) };
    let mut risks = BTreeMap::new();
    for (sink, impact) in &graph.sinks {
        if let Some(after) = backs[sink].cost[at] {
            risks.insert(sink.clone(), risk(*impact, before.saturating_add(after)));
        }
    }
    let best = risks.iter().max_by(|(a, x), (b, y)| x.cmp(y).then_with(|| b.cmp(a)));
    let Some((sink, top)) = best else { return (0, 0, None) };
    let onward = map.search(&BTreeMap::from([(node, 0)]));
    let path =
        map.path_to(reached, node).zip(map.path_to(&onward, sink)).map(|(mut path, rest)| {
            path.cost += rest.cost;
            path.steps.extend(rest.steps);
            path
        });
    (*top, breadth(&risks), path)
}

/// The cheapest path from a source over a finding's best step to its sink.
fn path_through(map: &Map<'_>, reached: &Reached, through: &Through) -> Option<Path> {
    let (step, _, _) = map.steps().nth(through.best.1)?;
    let mut path = map.path_to(reached, &step.from)?;
    path.steps.push(step.clone());
    let onward = map.search(&BTreeMap::from([(&step.to, 0)]));
    let rest = map.path_to(&onward, &through.best.2)?;
    path.cost += step.cost + rest.cost;
    path.steps.extend(rest.steps);
    Some(path)
}

#[cfg(test)]
mod tests;
