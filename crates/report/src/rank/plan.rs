//! What to fix first: greedily what removes most risk.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::Subject;

use super::{Fix, Rated, risks, starts};
use crate::graph::{Finding, Graph, Map, Path};

/// Findings by fix.
pub(super) type Fixes<'a> = BTreeMap<&'a str, BTreeSet<&'a Finding>>;

pub(super) fn fixes(findings: &[Rated]) -> Fixes<'_> {
    let mut fixes = Fixes::new();
    for it in findings {
        fixes.entry(&it.fix_key).or_default().insert(&it.finding);
    }
    fixes
}

/// Gain, the path that is cut and its sink, by fix. Only fixes on a cheapest path to a sink can gain anything.
pub(super) fn gains<'a>(
    graph: &Graph,
    total: u64,
    done: &BTreeSet<&Finding>,
    fixes: &Fixes<'a>,
) -> BTreeMap<&'a str, (u64, Path, Subject)> {
    let map = Map::new(graph, done);
    let reached = map.search(&starts(graph));
    let mut gains: BTreeMap<&str, (u64, Path, Subject)> = BTreeMap::new();
    let mut sinks: Vec<_> = risks(graph, &map, &reached).into_iter().collect();
    sinks.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    for (sink, _) in sinks {
        let Some(path) = map.path_to(&reached, &sink) else { continue };
        let needed: BTreeSet<&Finding> = path.steps.iter().flat_map(|it| &it.needs).collect();
        for (key, closes) in fixes {
            if closes.is_disjoint(&needed) || gains.contains_key(key) {
                continue;
            }
            let after = total_without(graph, done, closes);
            gains.insert(key, (total.saturating_sub(after), path.clone(), sink.clone()));
        }
    }
    gains
}

fn total_without(graph: &Graph, done: &BTreeSet<&Finding>, more: &BTreeSet<&Finding>) -> u64 {
    let all: BTreeSet<&Finding> = done.union(more).copied().collect();
    let map = Map::new(graph, &all);
    let reached = map.search(&starts(graph));
    risks(graph, &map, &reached).values().sum()
}

/// Greedily the fix that removes most, then the next; two at once where no single one removes anything.
pub(super) fn plan(graph: &Graph, total: u64, fixes: &Fixes<'_>) -> Vec<Fix> {
    let (mut rows, mut done, mut left) = (Vec::new(), BTreeSet::new(), total);
    loop {
        let gains = gains(graph, left, &done, fixes);
        // The greatest gain; among equals the first key.
        let best = gains.iter().max_by(|(a, x), (b, y)| x.0.cmp(&y.0).then_with(|| b.cmp(a)));
        let Some((key, (gain, path, sink))) = best else { return rows };
        if *gain > 0 {
            left -= gain;
            done.extend(fixes[key].iter().copied());
            rows.push(row(key, fixes, left, path, sink, false));
            continue;
        }
        let Some((pair, after)) = best_pair(graph, left, &done, fixes, &gains) else {
            return rows;
        };
        for (at, (key, path, sink)) in pair.into_iter().enumerate() {
            let residual = if at == 0 { left } else { after };
            done.extend(fixes[key].iter().copied());
            rows.push(row(key, fixes, residual, &path, &sink, at == 0));
        }
        left = after;
    }
}

/// A fix with the path that it cuts and that path's sink.
type Cut<'a> = (&'a str, Path, Subject);

/// The two fixes that remove most together: one on a cheapest path, one on the path that then becomes cheapest.
fn best_pair<'a>(
    graph: &Graph,
    left: u64,
    done: &BTreeSet<&Finding>,
    fixes: &Fixes<'a>,
    gains: &BTreeMap<&'a str, (u64, Path, Subject)>,
) -> Option<([Cut<'a>; 2], u64)> {
    let mut best: Option<([Cut<'a>; 2], u64)> = None;
    for (first, (_, path, sink)) in gains {
        let with_first: BTreeSet<&Finding> = done.union(&fixes[first]).copied().collect();
        for (second, (gain, next, next_sink)) in self::gains(graph, left, &with_first, fixes) {
            let after = left - gain;
            if gain > 0 && second != *first && best.as_ref().is_none_or(|it| after < it.1) {
                let pair = [(*first, path.clone(), sink.clone()), (second, next, next_sink)];
                best = Some((pair, after));
            }
        }
    }
    best
}

fn row(
    key: &str,
    fixes: &Fixes<'_>,
    residual: u64,
    path: &Path,
    sink: &Subject,
    with_next: bool,
) -> Fix {
    Fix {
        fix_key: key.to_owned(),
        findings: fixes[key].iter().map(|it| (*it).clone()).collect(),
        residual,
        cuts: path.clone(),
        sink: sink.clone(),
        with_next,
    }
}
