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
mod glob;
mod policies;
pub mod reach;
mod request;
mod strangers;
mod trust;

pub use admin::{Admin, admin};
pub use chain::{Trusts, can_assume};
pub use decide::{Decision, allows, decide};
pub use document::{Condition, Document, Effect, Principals, Selection, Statement};
pub use glob::{covers, intersects};
pub use policies::{Limit, Policies};
pub use request::{Context, Key, Request, Target};
pub use strangers::{Stranger, strangers};
pub use trust::{Admission, Caller, Subjects, admits, decide_trust, trusts_service, web_identity};

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
