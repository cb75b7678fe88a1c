//! The worked example of the model, and the properties that every estate must keep.

use proptest::prelude::*;

use super::*;
use crate::graph::{Confidence, Step};

fn node(name: &str) -> Subject {
    Subject::aws(name)
}

fn finding(rule: &'static str) -> Finding {
    Finding { rule, subject: node("s") }
}

fn step(from: &str, to: &str, cost: u32, needs: &[&'static str]) -> Step {
    Step {
        from: node(from),
        to: node(to),
        cost,
        needs: needs.iter().map(|it| finding(it)).collect(),
        why: String::new(),
        confidence: Confidence::Observed,
    }
}

/// 14 findings, 18 steps, 2 sources, 4 sinks: a careless shop.
fn example() -> (Graph, Vec<(&'static str, u64)>) {
    let mut graph = Graph {
        steps: vec![
            step("internet", "exec:web", 15, &[]),
            step("exec:web", "role:node", 5, &["F02"]),
            step("role:node", "data:secrets", 0, &["F03"]),
            step("exec:web", "exec:debug", 20, &["F12"]),
            step("exec:debug", "node:root", 0, &["F04"]),
            step("node:root", "role:node", 0, &[]),
            step("node:root", "sa:ci-runner", 0, &[]),
            step("sa:ci-runner", "sa:any", 5, &["F05"]),
            step("sa:ci-runner", "node:root", 5, &["F05", "F06"]),
            step("sa:any", "k8s:cluster-admin", 5, &[]),
            step("k8s:cluster-admin", "role:payments", 0, &[]),
            step("k8s:cluster-admin", "node:root", 0, &[]),
            step("exec:web", "sa:web", 0, &[]),
            step("sa:web", "role:payments", 5, &["F07"]),
            step("role:payments", "aws:admin", 10, &["F08"]),
            step("leaked:dev", "role:dev", 0, &[]),
            step("role:dev", "k8s:cluster-admin", 5, &["F13", "F09"]),
            step("role:dev", "k8s:cluster-admin", 15, &["F13"]),
        ],
        sources: [(node("internet"), 0), (node("leaked:dev"), 50)].into(),
        sinks: [
            (node("aws:admin"), 100),
            (node("k8s:cluster-admin"), 90),
            (node("data:secrets"), 70),
            (node("node:root"), 45),
        ]
        .into(),
        gaps: BTreeSet::new(),
    };
    graph.settle();
    let through = vec![
        ("F02", 49_500),
        ("F03", 49_500),
        ("F04", 41_300),
        ("F05", 41_300),
        ("F06", 37_800),
        ("F07", 59_500),
        ("F08", 59_500),
        ("F09", 34_700),
        ("F12", 41_300),
        ("F13", 34_700),
    ];
    (graph, through)
}

fn rated(rules: impl IntoIterator<Item = &'static str>) -> Vec<Rated> {
    let rate = |rule| Rated {
        finding: finding(rule),
        severity: Severity::High,
        fix_key: format!("fix {rule}"),
        chain: false,
    };
    rules.into_iter().map(rate).collect()
}

fn tenths(milli: u64) -> u64 {
    (milli + 50) / 100
}

#[test]
fn the_worked_example_comes_out() {
    let (graph, expected) = example();
    let ranking = rank(&graph, &rated(expected.iter().map(|(rule, _)| *rule)));
    assert_eq!(tenths(ranking.total), 1748);
    let risks: Vec<u64> = ranking.risks.values().map(|it| tenths(*it)).collect();
    assert_eq!(risks, [595, 495, 413, 245]);
    for (rule, through) in expected {
        let score = &ranking.scores[&finding(rule)];
        assert_eq!(tenths(score.through), through / 100, "{rule}");
    }
    assert_eq!(tenths(ranking.scores[&finding("F08")].milli), 655);
    let gain = |rule| tenths(ranking.scores[&finding(rule)].gain);
    assert_eq!([gain("F08"), gain("F03"), gain("F07")], [595, 495, 209]);
    assert_eq!([gain("F04"), gain("F12"), gain("F02"), gain("F05")], [138, 138, 113, 66]);
    assert_eq!([gain("F06"), gain("F13"), gain("F09")], [0, 0, 0]);
    let plan: Vec<&str> = ranking.plan.iter().map(|it| it.findings[0].rule).collect();
    assert_eq!(plan[..4], ["F08", "F03", "F04", "F13"]);
    let removed: Vec<u64> = ranking
        .plan
        .iter()
        .map(|it| ((ranking.total - it.residual) * 100 + ranking.total / 2) / ranking.total)
        .collect();
    assert_eq!(removed[..4], [34, 62, 70, 100]);
}

#[test]
fn a_chain_is_as_urgent_as_the_path_over_its_subject() {
    let (graph, _) = example();
    let finding = Finding { rule: "path", subject: node("exec:web") };
    let chain = Rated {
        finding: finding.clone(),
        severity: Severity::Critical,
        fix_key: "path".to_owned(),
        chain: true,
    };
    let ranking = rank(&graph, &[chain]);
    assert_eq!(tenths(ranking.scores[&finding].through), 595);
    assert_eq!(ranking.scores[&finding].path.as_ref().map(|it| it.cost), Some(30));
    assert!(ranking.plan.is_empty());
}

#[test]
fn attenuation_halves_every_forty_points() {
    assert_eq!(risk(100, 0), 100_000);
    assert_eq!(risk(100, 40), 50_000);
    assert_eq!(risk(100, 80), 25_000);
    assert_eq!(risk(100, 30), 59_460);
    assert_eq!(risk(100, 40 * 31), 0);
    assert_eq!(risk(100, u32::MAX), 0);
}

#[test]
fn two_parallel_ways_are_fixed_as_a_pair() {
    let graph = Graph {
        steps: vec![step("i", "t", 5, &["A"]), step("i", "t", 5, &["B"])],
        sources: [(node("i"), 0)].into(),
        sinks: [(node("t"), 100)].into(),
        gaps: BTreeSet::new(),
    };
    let ranking = rank(&graph, &rated(["A", "B"]));
    assert_eq!(ranking.scores[&finding("A")].gain, 0);
    let plan: Vec<_> = ranking.plan.iter().map(|it| (it.findings[0].rule, it.with_next)).collect();
    assert_eq!(plan, [("A", true), ("B", false)]);
    assert_eq!(ranking.plan[1].residual, 0);
}

#[test]
fn no_path_in_an_incomplete_graph_is_a_gap() {
    let gap = eksray_rule::Gap {
        call: "list pods".to_owned(),
        reason: eksray_rule::Reason::Denied,
        detail: String::new(),
    };
    let graph = Graph {
        steps: vec![step("a", "b", 1, &[])],
        gaps: [gap.clone()].into(),
        ..Graph::default()
    };
    assert!(graph.path(&node("a"), &node("b")).unwrap().is_some());
    assert_eq!(graph.path(&node("b"), &node("a")), Err(gap));
}

const RULES: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// Random graphs: 12 nodes, the first a source, the last two sinks.
fn graphs() -> impl Strategy<Value = Graph> {
    let needs = proptest::sample::subsequence(RULES.to_vec(), 0..=2);
    let steps = (0_usize..12, 0_usize..12, 0_u32..12, needs);
    (proptest::collection::vec(steps, 8..40), 20_u32..90).prop_map(|(steps, impact)| {
        let name = |at: usize| format!("n{at:02}");
        let mut graph = Graph {
            steps: steps
                .into_iter()
                .map(|(from, to, cost, needs)| step(&name(from), &name(to), cost * 5, &needs))
                .collect(),
            sources: [(node(&name(0)), 0)].into(),
            sinks: [(node(&name(11)), 100), (node(&name(10)), impact)].into(),
            gaps: BTreeSet::new(),
        };
        graph.settle();
        graph
    })
}

/// Nothing in `after` scores lower than in `before`.
fn never_lower(before: &Ranking, after: &Ranking) {
    for (sink, risk) in &before.risks {
        assert!(after.risks.get(sink).is_some_and(|it| it >= risk), "{sink}");
    }
    for (finding, score) in &before.scores {
        if let Some(now) = after.scores.get(finding) {
            assert!(now.milli >= score.milli, "{finding:?}");
        }
    }
}

/// All simple paths, walked one by one: an oracle that shares nothing with the search.
fn cheapest(graph: &Graph, at: &Subject, goal: &Subject, seen: &mut Vec<Subject>) -> Option<u32> {
    if at == goal {
        return Some(0);
    }
    seen.push(at.clone());
    let mut best: Option<u32> = None;
    for step in graph.steps.iter().filter(|it| it.from == *at) {
        if !seen.contains(&step.to)
            && let Some(rest) = cheapest(graph, &step.to, goal, seen)
        {
            best = Some(best.unwrap_or(u32::MAX).min(rest + step.cost));
        }
    }
    seen.pop();
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn more_steps_cheaper_steps_and_greater_impact_never_lower_anything(
        graph in graphs(), from in 0_usize..12, to in 0_usize..12, cost in 0_u32..60, pick in 0_usize..40,
    ) {
        let before = rank(&graph, &rated(RULES));
        let mut more = graph.clone();
        more.steps.push(step(&format!("n{from:02}"), &format!("n{to:02}"), cost, &["A"]));
        more.settle();
        never_lower(&before, &rank(&more, &rated(RULES)));

        let mut cheaper = graph.clone();
        let at = pick % cheaper.steps.len();
        cheaper.steps[at].cost = cheaper.steps[at].cost.saturating_sub(10);
        cheaper.settle();
        never_lower(&before, &rank(&cheaper, &rated(RULES)));

        let mut worse = graph.clone();
        worse.sinks.values_mut().for_each(|it| *it = 100);
        never_lower(&before, &rank(&worse, &rated(RULES)));
    }

    #[test]
    fn fixing_never_raises_anything(graph in graphs(), pick in 0_usize..8) {
        let before = rank(&graph, &rated(RULES));
        let mut fixed = graph.clone();
        fixed.steps.retain(|it| !it.needs.contains(&finding(RULES[pick])));
        let after = rank(&fixed, &rated(RULES));
        never_lower(&after, &before);
        prop_assert_eq!(before.total - after.total, before.scores[&finding(RULES[pick])].gain);
    }

    #[test]
    fn the_plan_only_descends_and_ends_where_nothing_can_be_fixed(graph in graphs()) {
        let ranking = rank(&graph, &rated(RULES));
        let mut left = ranking.total;
        for fix in &ranking.plan {
            prop_assert!(fix.residual < left || fix.with_next && fix.residual == left);
            left = fix.residual;
        }
    }

    #[test]
    fn order_of_steps_does_not_matter(graph in graphs()) {
        let before = rank(&graph, &rated(RULES));
        let mut shuffled = graph.clone();
        shuffled.steps.reverse();
        shuffled.settle();
        prop_assert_eq!(before, rank(&shuffled, &rated(RULES)));
    }

    #[test]
    fn paths_are_as_cheap_as_a_walk_over_all_of_them(graph in graphs()) {
        for sink in graph.sinks.keys() {
            let found = graph.path(&node("n00"), sink).unwrap();
            let expected = if graph.steps.iter().any(|it| it.to == *sink || it.from == *sink) {
                cheapest(&graph, &node("n00"), sink, &mut Vec::new())
            } else {
                None
            };
            prop_assert_eq!(found.map(|it| it.cost), expected);
        }
    }
}
