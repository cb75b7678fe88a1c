//! Joins both inventories, ranks what was found and renders it.

#![warn(clippy::disallowed_methods)]

pub mod graph;
mod inspect;
pub mod rank;
mod rules;
mod snapshot;

pub use inspect::{Check, Rule, inspect, rules};
pub use snapshot::{SCHEMA, Snapshot};
