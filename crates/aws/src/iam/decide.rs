//! Allow, limits and Deny together.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Answer, Context, Document, Effect, Policies, Request, Selection, Statement, Target,
    condition::{Expanded, expand, holds},
    glob::{covers, intersects},
};

/// An answer with the statements that decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The answer.
    pub answer: Answer,
    /// `<policy> <statement>`: those that allow or, where one denies for sure, that one; sorted.
    pub by: Vec<String>,
    /// Condition keys that leave the answer at `Maybe`.
    pub undecided: BTreeSet<String>,
}

impl Decision {
    /// Nothing allows it.
    pub(super) fn no() -> Self {
        Self { answer: Answer::No, by: Vec::new(), undecided: BTreeSet::new() }
    }

    /// Both are needed.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.answer = self.answer.min(other.answer);
        self.by.extend(other.by);
        self.by.sort();
        self.by.dedup();
        self.undecided.extend(other.undecided);
        self
    }

    /// Either is enough.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.answer > self.answer { other } else { self }
    }
}

/// How many patterns of resources one question is held against before its answer is left open.
/// IAM's limits on the size of policies keep real ones far below.
const PATIENCE: usize = 1 << 20;

/// May the principal do this? Explicit Deny first; then identity policies, limited by boundary and session policy.
pub fn decide(policies: &Policies, request: &Request<'_>) -> Decision {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    let Target::Any(wanted) = request.resource else { return decide_all(policies, &request) };
    let granted = granted_resources(policies, &request, wanted);
    let size: usize = policies.documents().map(Document::size).sum();
    let affordable = (PATIENCE / (size + 1)).max(1);
    let mut best = Decision::no();
    for resource in granted.iter().take(affordable) {
        best =
            best.or(decide_all(policies, &Request { resource: Target::All(resource), ..request }));
        if best.answer == Answer::Yes {
            return best;
        }
    }
    if affordable < granted.len() {
        best.answer = Answer::Maybe;
    }
    best
}

/// Whether nothing that binds the principal forbids it: no Deny, and every limit allows.
/// This is all that is asked of identity policies where a resource's own policy names the principal.
pub(super) fn tolerates(policies: &Policies, request: &Request<'_>) -> Decision {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    let denied = strongest(policies.documents(), Effect::Deny, &request);
    limited(policies, &request, denied)
}

/// What limits and a Deny leave.
fn limited(policies: &Policies, request: &Request<'_>, denied: Decision) -> Decision {
    let mut decision = Decision { answer: !denied.answer, by: Vec::new(), ..denied };
    for limit in &policies.limits {
        let documents = limit.documents.iter().map(AsRef::as_ref);
        let mut allowed = strongest(documents, Effect::Allow, request);
        if limit.unread {
            allowed.answer = allowed.answer.max(Answer::Maybe);
        }
        decision = decision.and(Decision { by: Vec::new(), ..allowed });
    }
    decision
}

/// Whether a document alone allows an action on a resource.
pub fn allows(document: &Document, request: &Request<'_>) -> Answer {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    strongest([document], Effect::Allow, &request)
        .answer
        .min(!strongest([document], Effect::Deny, &request).answer)
}

fn decide_all(policies: &Policies, request: &Request<'_>) -> Decision {
    let allowed = strongest(policies.identity.iter().map(AsRef::as_ref), Effect::Allow, request);
    if allowed.answer == Answer::No {
        return allowed;
    }
    let denied = strongest(policies.documents(), Effect::Deny, request);
    if denied.answer == Answer::Yes {
        return Decision { answer: Answer::No, ..denied };
    }
    allowed.and(limited(policies, request, denied))
}

/// The patterns among `wanted` and what statements grant in it, each to be decided as a whole.
fn granted_resources(policies: &Policies, request: &Request<'_>, wanted: &str) -> Vec<String> {
    let mut granted = vec![wanted.to_owned()];
    for document in &policies.identity {
        for statement in &document.statements {
            if statement.effect != Effect::Allow || !selects_action(statement, request.action) {
                continue;
            }
            let Selection::Only(patterns) = &statement.resources else { continue };
            for pattern in patterns {
                let pattern = match resolved(document, pattern, request.context) {
                    Some((pattern, _)) if intersects(&pattern, wanted) => pattern,
                    _ => continue,
                };
                // A limit or a Deny speaks of the wanted part only.
                if !covers(&pattern, wanted) {
                    granted.push(pattern.into_owned());
                }
            }
        }
    }
    granted.sort();
    granted.dedup();
    granted
}

fn strongest<'a>(
    documents: impl IntoIterator<Item = &'a Document>,
    effect: Effect,
    request: &Request<'_>,
) -> Decision {
    let mut best = Decision::no();
    for document in documents {
        for statement in document.statements.iter().filter(|it| it.effect == effect) {
            let answer = applies(document, statement, request);
            note(&mut best, answer, document, statement, request.context);
        }
    }
    best.by.sort();
    best.by.dedup();
    best
}

/// Keeps the statements with the strongest answer, and what leaves it open.
pub(super) fn note(
    best: &mut Decision,
    answer: Answer,
    document: &Document,
    statement: &Statement,
    context: &Context,
) {
    if answer > best.answer {
        *best = Decision { answer, ..Decision::no() };
    }
    if answer != best.answer || answer == Answer::No {
        return;
    }
    best.by.push(match statement.principals {
        Some(_) => statement.name.clone(), // Of a resource, which has one policy.
        None => format!("{} {}", document.name, statement.name),
    });
    if answer == Answer::Maybe {
        let open = statement.conditions.iter().filter(|it| {
            holds(it, document.resolves_variables, statement.effect, context) == Answer::Maybe
        });
        best.undecided.extend(open.map(|it| it.key.clone()));
    }
}

/// Whether a statement speaks of the request; principals are matched elsewhere.
pub(super) fn applies(document: &Document, statement: &Statement, request: &Request<'_>) -> Answer {
    if !selects_action(statement, request.action) {
        return Answer::No;
    }
    let resource = selects_resource(document, statement, request);
    if resource == Answer::No {
        return Answer::No;
    }
    conditions_hold(document, statement, request.context).min(resource)
}

/// All conditions of a statement together; an odd statement is never sure.
pub(super) fn conditions_hold(
    document: &Document,
    statement: &Statement,
    context: &Context,
) -> Answer {
    let holds = |it| holds(it, document.resolves_variables, statement.effect, context);
    let all = statement.conditions.iter().map(holds).min().unwrap_or(Answer::Yes);
    if statement.odd { all.min(Answer::Maybe) } else { all }
}

pub(crate) fn selects_action(statement: &Statement, action: &str) -> bool {
    match &statement.actions {
        Selection::Only(patterns) => patterns.iter().any(|it| covers(it, action)),
        Selection::AllBut(patterns) => !patterns.iter().any(|it| intersects(it, action)),
    }
}

pub(super) fn selects_resource(
    document: &Document,
    statement: &Statement,
    request: &Request<'_>,
) -> Answer {
    let (Target::All(wanted) | Target::Any(wanted)) = request.resource;
    let allow = statement.effect == Effect::Allow;
    let resolved = |pattern| resolved(document, pattern, request.context);
    match &statement.resources {
        Selection::Only(patterns) => {
            let matched = patterns.iter().map(|it| match resolved(it) {
                Some((pattern, sure)) if covers(&pattern, wanted) => sure,
                _ => Answer::No,
            });
            strongest_of(matched)
        }
        // An Allow of nearly everything counts as everything; a Deny must be sure of all.
        Selection::AllBut(patterns) => {
            let excluded = patterns.iter().map(|it| match resolved(it) {
                Some((pattern, sure)) if allow => Answer::from(covers(&pattern, wanted)).min(sure),
                Some((pattern, sure)) if intersects(&pattern, wanted) => sure,
                _ => Answer::No,
            });
            !strongest_of(excluded)
        }
    }
}

/// The greatest answer; nothing is greater than `Yes`, so the first one ends it.
fn strongest_of(answers: impl Iterator<Item = Answer>) -> Answer {
    let mut best = Answer::No;
    for answer in answers {
        best = best.max(answer);
        if best == Answer::Yes {
            break;
        }
    }
    best
}

/// A resource pattern with its variables replaced, and whether that is sure.
fn resolved<'a>(
    document: &Document,
    pattern: &'a str,
    context: &Context,
) -> Option<(Cow<'a, str>, Answer)> {
    if !document.resolves_variables || !pattern.contains("${") {
        return Some((Cow::Borrowed(pattern), Answer::Yes));
    }
    match expand(pattern, context) {
        Expanded::Known(pattern) => Some((Cow::Owned(pattern), Answer::Yes)),
        Expanded::Guess(pattern) => Some((Cow::Owned(pattern), Answer::Maybe)),
        Expanded::Never => None,
    }
}
