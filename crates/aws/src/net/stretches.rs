//! Ports cut into stretches that the same rules cover: one sweep instead of every rule at every port.

use std::collections::{BTreeMap, BTreeSet};

/// Neighbouring ports that the same rules cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// First and last port.
    pub(crate) ports: (u16, u16),
    /// Indexes of the rules that cover them, ascending.
    pub(crate) rules: Vec<usize>,
}

/// All ports, from 0 to the last: cut where the ports of a rule begin or have just ended, and at further ports.
///
/// A rule without ports here is none. Empty stretches are left out.
pub(crate) fn stretches(
    spans: impl IntoIterator<Item = Option<(u16, u16)>>,
    further: &BTreeSet<u16>,
) -> Vec<Stretch> {
    let mut turns: BTreeMap<u16, Vec<(bool, usize)>> = BTreeMap::new();
    for (index, span) in spans.into_iter().enumerate() {
        let Some((from, to)) = span.filter(|(from, to)| from <= to) else { continue };
        turns.entry(from).or_default().push((true, index));
        if let Some(after) = to.checked_add(1) {
            turns.entry(after).or_default().push((false, index));
        }
    }
    for port in further {
        turns.entry(*port).or_default();
    }
    let starts: Vec<u16> = turns.keys().copied().collect();
    let lasts = starts.iter().skip(1).map(|it| it - 1).chain([u16::MAX]);
    let mut covering = BTreeSet::new();
    let mut all = Vec::new();
    for ((first, turns), last) in turns.into_iter().zip(lasts) {
        for (begins, index) in turns {
            if begins {
                covering.insert(index)
            } else {
                covering.remove(&index)
            };
        }
        if !covering.is_empty() {
            let rules = covering.iter().copied().collect();
            all.push(Stretch { ports: (first, last), rules });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(spans: &[Option<(u16, u16)>], further: &[u16]) -> Vec<(u16, u16, Vec<usize>)> {
        let further = further.iter().copied().collect();
        let found = stretches(spans.iter().copied(), &further).into_iter();
        found.map(|it| (it.ports.0, it.ports.1, it.rules)).collect()
    }

    #[test]
    fn stretches_end_where_a_rule_begins_or_ends() {
        let found = cut(&[Some((20, 80)), None, Some((22, 22)), Some((0, 65535))], &[]);
        assert_eq!(
            found,
            [
                (0, 19, vec![3]),
                (20, 21, vec![0, 3]),
                (22, 22, vec![0, 2, 3]),
                (23, 80, vec![0, 3]),
                (81, 65535, vec![3]),
            ]
        );
        assert_eq!(cut(&[Some((5, 9))], &[7]), [(5, 6, vec![0]), (7, 9, vec![0])]);
        assert_eq!(cut(&[Some((9, 5)), None], &[0]), []);
    }

    #[test]
    fn the_work_grows_with_the_rules() {
        let single = (1..=10_000).map(|port| Some((port, port)));
        let found = stretches(single, &BTreeSet::new());
        assert_eq!(found.iter().map(|it| it.rules.len()).sum::<usize>(), 10_000);
    }
}
