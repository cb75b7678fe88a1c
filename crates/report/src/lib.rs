//! Joins both inventories, ranks what was found and renders it.

#![warn(clippy::disallowed_methods)]

mod inspect;
mod rules;
mod snapshot;

pub use inspect::{Check, Rule, inspect, rules};
pub use snapshot::{SCHEMA, Snapshot};
