//! What a Kubernetes API server knows about a cluster: inventory, engines and rules.

#![warn(clippy::disallowed_methods)]

pub mod admission;
pub mod capability;
pub mod catalogue;
pub mod decode;
mod facts;
pub mod host_path;
pub mod image;
pub mod ingress;
mod inspect;
pub mod inventory;
pub mod managed;
mod namespaces;
pub mod netpol;
pub mod pod_security;
pub mod rbac;
pub mod resource;
pub mod route;
mod rules;
pub mod service;
mod tokens;

pub use inspect::{Check, Context, Rule, inspect, pool_of, rules};
