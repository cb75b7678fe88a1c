//! What AWS knows about an EKS estate: inventory, engines and rules.

#![warn(clippy::disallowed_methods)]

pub mod action_sets;
pub mod ami;
mod assess;
pub mod at_rest;
mod calendar;
pub mod cidr;
pub mod copies;
pub mod iam;
mod inspect;
pub mod inventory;
pub mod issuers;
pub mod net;
pub mod node_pool;
mod rules;

pub use inspect::{AccountContext, Check, RegionContext, Rule, Shareable, inspect, rules};
