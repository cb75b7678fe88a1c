//! Node pools: what an owner edits to change nodes, with the instances that belong to it.

use eksray_rule::{ClusterId, NodePoolKind};

use crate::inventory::ec2::Instance;

/// A node pool of a cluster.
#[derive(Clone, Debug)]
pub struct NodePool<'a> {
    /// Its cluster.
    pub cluster: ClusterId,
    /// What kind of pool.
    pub kind: NodePoolKind,
    /// Name.
    pub name: String,
    /// Instances that belong to it.
    pub instances: Vec<&'a Instance>,
}
