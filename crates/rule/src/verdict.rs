//! What a rule says of a subject.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{Gap, Meta, Scope, Subject};

/// What a rule says of one subject, or the gap that kept it from looking (the outcome is then *unknown*).
pub type Verdict = Result<Judgement, Gap>;

/// A judgement that rests on facts which were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judgement {
    /// Fine; the facts may explain.
    Pass {
        /// Observations with their evidence.
        facts: Vec<String>,
    },
    /// Bad, with the proof.
    Fail {
        /// Observations with their evidence, at least one.
        facts: Vec<String>,
        /// The proof rests on something that cannot be decided offline.
        possible: bool,
        /// Excuses that could not be looked at and are therefore not granted.
        not_considered: Vec<Gap>,
    },
    /// Bad but meant so: a managed component, by design.
    Accepted {
        /// Observations with their evidence.
        facts: Vec<String>,
        /// Who accepts it and why.
        reason: String,
    },
    /// The question does not arise.
    NotApplicable {
        /// Kind absent, judged by a stronger rule, out of scope, not asked for.
        why: String,
    },
}

impl Judgement {
    /// A pass without remarks.
    pub fn pass() -> Self {
        Self::Pass { facts: Vec::new() }
    }

    /// A proven failure; a pass when there are no facts.
    pub fn of(facts: Vec<String>) -> Self {
        if facts.is_empty() {
            return Self::pass();
        }
        Self::Fail { facts, possible: false, not_considered: Vec::new() }
    }

    /// A question that does not arise.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable { why: why.into() }
    }

    /// Bad but meant so.
    pub fn accepted(facts: Vec<String>, reason: impl Into<String>) -> Self {
        Self::Accepted { facts, reason: reason.into() }
    }
}

/// Joins verdicts on the parts of one subject: *proof beats doubt*.
///
/// Facts of failing parts stand together; a gap counts only when nothing fails and is otherwise
/// listed as not considered; then come accepted, passed and not applicable parts, in that order.
/// A failure is merely possible only when every failing part is. No parts at all pass.
pub fn any(parts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let (mut failed, mut accepted, mut passed) = (Vec::new(), Vec::new(), Vec::new());
    let (mut all_possible, mut gaps) = (true, Vec::new());
    let (mut reason, mut why, mut judged) = (None, None, false);
    for part in parts {
        match part {
            Err(gap) => gaps.push(gap),
            Ok(Judgement::Fail { facts, possible, not_considered }) => {
                failed.extend(facts);
                all_possible &= possible;
                gaps.extend(not_considered);
            }
            Ok(Judgement::Accepted { facts, reason: because }) => {
                accepted.extend(facts);
                reason.get_or_insert(because);
            }
            Ok(Judgement::Pass { facts }) => {
                passed.extend(facts);
                judged = true;
            }
            Ok(Judgement::NotApplicable { why: because }) => {
                why.get_or_insert(because);
            }
        }
    }
    gaps.sort();
    gaps.dedup();
    if !failed.is_empty() {
        return Ok(Judgement::Fail { facts: failed, possible: all_possible, not_considered: gaps });
    }
    if let Some(gap) = gaps.into_iter().next() {
        return Err(gap);
    }
    Ok(match (reason, why) {
        (Some(reason), _) => Judgement::Accepted { facts: accepted, reason },
        (None, Some(why)) if !judged => Judgement::NotApplicable { why },
        _ => Judgement::Pass { facts: passed },
    })
}

/// One rule's verdict on one subject.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The rule that ran.
    pub rule: Meta,
    /// What it looked at; where the subjects could not even be listed, the cluster, Region or account that holds them.
    pub subject: Subject,
    /// Where the subject lives; outcomes of one place share it.
    pub scope: Arc<Scope>,
    /// What it saw.
    pub verdict: Verdict,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    fn gap() -> Gap {
        Gap { call: "iam:X".to_owned(), reason: Reason::Denied, detail: String::new() }
    }

    fn fail(fact: &str) -> Verdict {
        Ok(Judgement::of(vec![fact.to_owned()]))
    }

    #[test]
    fn proof_beats_doubt() {
        let joined = any([Err(gap()), fail("a"), fail("b")]);
        let facts = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            joined,
            Ok(Judgement::Fail { facts, possible: false, not_considered: vec![gap()] })
        );
    }

    #[test]
    fn doubt_beats_a_pass() {
        assert_eq!(any([Ok(Judgement::pass()), Err(gap())]), Err(gap()));
        assert_eq!(any([Ok(Judgement::accepted(vec![], "managed")), Err(gap())]), Err(gap()));
    }

    #[test]
    fn nothing_to_judge_passes_and_one_judged_part_outweighs_silence() {
        assert_eq!(any([]), Ok(Judgement::pass()));
        let silent = Ok(Judgement::not_applicable("no such kind"));
        assert_eq!(any([silent.clone()]), silent);
        assert_eq!(any([silent, Ok(Judgement::pass())]), Ok(Judgement::pass()));
    }

    #[test]
    fn one_proven_part_makes_the_whole_proven() {
        let maybe = || {
            Ok(Judgement::Fail { facts: vec!["m".into()], possible: true, not_considered: vec![] })
        };
        assert!(matches!(any([maybe(), maybe()]), Ok(Judgement::Fail { possible: true, .. })));
        assert!(matches!(any([maybe(), fail("p")]), Ok(Judgement::Fail { possible: false, .. })));
    }
}
