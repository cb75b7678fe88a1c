//! Offline evaluation of IAM policies, with three answers.
//!
//! What is allowed is over-approximated and what is denied under-approximated, so that `No` is a proof and `Yes`
//! rests on named statements. `Maybe` means that a condition or a grammar cannot be decided from what was read.
//! `docs/iam.md` has the rules and their sources.

mod admin;
mod chain;
mod condition;
mod decide;
mod document;
pub(crate) mod escalation;
mod estate;
pub(crate) mod everywhere;
mod glob;
mod library;
pub(crate) mod outsiders;
mod policies;
pub(crate) mod principals;
pub mod reach;
mod request;
mod rights;
mod sharing;
mod strangers;
mod subjects;
mod trust;

pub use admin::{Admin, admin};
pub(crate) use chain::granted_among;
pub use chain::{Trusts, can_assume};
pub(crate) use decide::selects_action;
pub use decide::{Decision, allows, decide};
pub use document::{Condition, Document, Effect, Principals, Selection, Statement};
pub(crate) use escalation::tagged;
pub use estate::Estate;
pub use glob::{covers, intersects};
pub use library::Library;
pub use policies::{Limit, Policies};
pub use request::{Context, Key, Request, Target};
pub use sharing::shared_with;
pub use strangers::{Stranger, strangers};
pub use subjects::{Admission, Subjects, admits, web_identity, whatever_audience};
pub(crate) use trust::trust_of;
pub use trust::{Caller, decide_both, decide_policy, decide_trust, trusts_service};

/// An answer about a permission. The order is the lattice: *and* is `min`, *or* is `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Proven not to be.
    No,
    /// Not decidable from what was read.
    Maybe,
    /// Proven.
    Yes,
}

impl std::ops::Not for Answer {
    type Output = Self;

    /// Doubt stays doubt.
    fn not(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
            Self::Yes => Self::No,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }
}
