//! Joins both inventories, ranks what was found and renders it.

#![warn(clippy::disallowed_methods)]

pub mod agents;
pub mod checklist;
mod configuration;
pub mod edges;
pub mod grants;
pub mod graph;
mod inspect;
mod join;
pub mod karpenter;
pub mod model;
pub mod paths;
pub mod rank;
pub mod render;
mod rules;
mod snapshot;
mod softenings;
mod unlisted;
pub mod world;

pub use configuration::{Configuration, Override};
pub use inspect::{Check, Rule, assess, inspect, rules};
pub use snapshot::{SCHEMA, ScanScope, Snapshot};
