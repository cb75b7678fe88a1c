//! Allow, limits and Deny together.

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
}

/// May the principal do this? Explicit Deny first; then identity policies, limited by boundary and session policy.
pub fn decide(policies: &Policies, request: &Request<'_>) -> Decision {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    match request.resource {
        Target::All(_) => decide_all(policies, &request),
        Target::Any(wanted) => {
            let granted = granted_resources(policies, &request, wanted);
            let decisions = granted
                .iter()
                .map(|it| decide_all(policies, &Request { resource: Target::All(it), ..request }));
            decisions
                .max_by_key(|it| it.answer)
                .unwrap_or(Decision { answer: Answer::No, by: Vec::new() })
        }
    }
}

/// Whether nothing that binds the principal forbids it: no Deny, and every limit allows.
/// This is all that is asked of identity policies where a resource's own policy names the principal.
pub(super) fn tolerates(policies: &Policies, request: &Request<'_>) -> Answer {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    let limits = policies.limits.iter().map(|it| {
        let answer = strongest(&it.documents, Effect::Allow, &request).answer;
        if it.unread { answer.max(Answer::Maybe) } else { answer }
    });
    let denied = strongest(policies.documents(), Effect::Deny, &request).answer;
    limits.fold(!denied, Answer::min)
}

/// Whether a document alone allows an action on a resource.
pub fn allows(document: &Document, request: &Request<'_>) -> Answer {
    let request = Request { action: &request.action.to_ascii_lowercase(), ..*request };
    strongest([document], Effect::Allow, &request)
        .answer
        .min(!strongest([document], Effect::Deny, &request).answer)
}

fn decide_all(policies: &Policies, request: &Request<'_>) -> Decision {
    let allowed = strongest(&policies.identity, Effect::Allow, request);
    if allowed.answer == Answer::No {
        return allowed;
    }
    let denied = strongest(policies.documents(), Effect::Deny, request);
    if denied.answer == Answer::Yes {
        return Decision { answer: Answer::No, by: denied.by };
    }
    Decision { answer: allowed.answer.min(tolerates(policies, request)), by: allowed.by }
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
                granted.push(if covers(&pattern, wanted) { wanted.to_owned() } else { pattern });
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
    let mut best = Decision { answer: Answer::No, by: Vec::new() };
    for document in documents {
        for statement in document.statements.iter().filter(|it| it.effect == effect) {
            let answer = applies(document, statement, request);
            if answer > best.answer {
                best = Decision { answer, by: Vec::new() };
            }
            if answer == best.answer && answer != Answer::No {
                best.by.push(format!("{} {}", document.name, statement.name));
            }
        }
    }
    best.by.sort();
    best.by.dedup();
    best
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

pub(super) fn selects_action(statement: &Statement, action: &str) -> bool {
    match &statement.actions {
        Selection::Only(patterns) => patterns.iter().any(|it| covers(it, action)),
        Selection::AllBut(patterns) => !patterns.iter().any(|it| intersects(it, action)),
    }
}

fn selects_resource(document: &Document, statement: &Statement, request: &Request<'_>) -> Answer {
    let (Target::All(wanted) | Target::Any(wanted)) = request.resource;
    let allow = statement.effect == Effect::Allow;
    match &statement.resources {
        Selection::Only(patterns) => {
            let matched = patterns.iter().map(|it| match resolved(document, it, request.context) {
                Some((pattern, sure))
                    if (sure == Answer::Yes || allow) && covers(&pattern, wanted) =>
                {
                    sure
                }
                _ => Answer::No,
            });
            matched.max().unwrap_or(Answer::No)
        }
        // An Allow of nearly everything counts as everything; a Deny must be sure of all.
        Selection::AllBut(patterns) => {
            let excluded =
                patterns.iter().map(|it| match resolved(document, it, request.context) {
                    Some((pattern, sure)) if allow => {
                        Answer::from(covers(&pattern, wanted)).min(sure)
                    }
                    Some((pattern, sure)) if intersects(&pattern, wanted) => sure,
                    _ => Answer::No,
                });
            !excluded.max().unwrap_or(Answer::No)
        }
    }
}

/// A resource pattern with its variables replaced, and whether that is sure.
fn resolved(document: &Document, pattern: &str, context: &Context) -> Option<(String, Answer)> {
    if !document.resolves_variables || !pattern.contains("${") {
        return Some((pattern.to_owned(), Answer::Yes));
    }
    match expand(pattern, context) {
        Expanded::Known(pattern) => Some((pattern, Answer::Yes)),
        Expanded::Guess(pattern) => Some((pattern, Answer::Maybe)),
        Expanded::Never => None,
    }
}
