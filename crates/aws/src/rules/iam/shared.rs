//! What a role may do beyond a baseline, by class.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    action_sets::{by_class, nodes_need, only_reads},
    iam::{Answer, Decision, Effect, Policies, Request, Selection, Target, decide},
};

/// How many actions of a class a fact names.
const NAMED: usize = 5;

/// Rights of a node role that no node needs.
pub(super) struct Excess {
    /// One fact per class and deciding statements.
    pub(super) facts: Vec<String>,
    /// `Maybe` when every one of them hangs on a condition that cannot be decided.
    pub(super) answer: Answer,
    /// List and describe actions that nodes do not need either.
    pub(super) reads: Vec<String>,
}

/// Compared by action, whatever the policies are called.
pub(super) fn beyond_nodes(policies: &Policies) -> Excess {
    let ask = |action: &str| {
        let resource = Target::Any("*");
        decide(policies, &Request { action, resource, context: &policies.context })
    };
    let mut found: BTreeMap<(&str, String), Vec<String>> = BTreeMap::new();
    let mut answer = Answer::No;
    let mut note = |class, action: &str, decision: Decision| {
        answer = answer.max(decision.answer);
        found.entry((class, decision.by.join(", "))).or_default().push(action.to_owned());
    };
    let mut classed = BTreeSet::new();
    for (class, action) in by_class() {
        classed.insert(action.to_ascii_lowercase());
        let decision = ask(action);
        if decision.answer != Answer::No {
            note(class, action, decision);
        }
    }
    let mut reads = Vec::new();
    for action in granted(policies) {
        if nodes_need(action) || classed.contains(action) {
            continue;
        }
        let decision = ask(action);
        match decision.answer {
            Answer::No => {}
            _ if only_reads(action) => reads.push(format!("surplus read {action}")),
            _ => note("write", action, decision),
        }
    }
    let facts = found.into_iter().map(|((class, by), mut actions)| {
        actions.sort();
        let more = match actions.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        actions.truncate(NAMED);
        format!("{class}: {}{more} ({by})", actions.join(", "))
    });
    Excess { facts: facts.collect(), answer, reads }
}

/// Action patterns that some Allow has, in lower case.
fn granted(policies: &Policies) -> BTreeSet<&str> {
    let statements = policies.identity.iter().flat_map(|it| &it.statements);
    let allows = statements.filter(|it| it.effect == Effect::Allow);
    let patterns = allows.filter_map(|it| match &it.actions {
        Selection::Only(patterns) => Some(patterns),
        Selection::AllBut(_) => None, // Judged by the classes: what is left has no name.
    });
    patterns.flatten().map(String::as_str).collect()
}
