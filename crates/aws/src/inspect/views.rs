//! What many rules derive from a Region, worked out once: otherwise each subject would pay for the whole Region.

use std::{collections::BTreeMap, sync::Arc};

use eksray_rule::Gap;

use super::{
    RegionContext,
    groups::{ClusterGroups, cluster_groups},
    items,
    network::{NodeSubnets, Nodes, node_subnets, nodes},
};
use crate::{
    inventory::ec2::NetworkInterface,
    net::Network,
    node_pool::{Pools, pools},
};

/// Everything derived. Those that need the clusters have the gap that they could not be listed.
#[derive(Debug)]
pub(super) struct Views<'a> {
    network: Arc<Network<'a>>,
    interfaces: Arc<Interfaces<'a>>,
    pools: Result<Arc<Pools<'a>>, Gap>,
    nodes: Result<Arc<Nodes<'a>>, Gap>,
    groups: Result<Arc<ClusterGroups<'a>>, Gap>,
    subnets: Result<Arc<NodeSubnets<'a>>, Gap>,
}

/// Network interfaces by the instance that they are attached to.
pub(crate) type Interfaces<'a> = BTreeMap<&'a str, Vec<&'a NetworkInterface>>;

impl<'a> Views<'a> {
    pub(super) fn of(region: &RegionContext<'a>) -> Self {
        Self {
            network: region.network(),
            interfaces: region.interfaces(),
            pools: region.pools(),
            nodes: region.nodes(),
            groups: region.cluster_groups(),
            subnets: region.node_subnets(),
        }
    }
}

impl<'a> RegionContext<'a> {
    /// The network, indexed.
    pub fn network(&self) -> Arc<Network<'a>> {
        let known = self.views.map(|it| Arc::clone(&it.network));
        known.unwrap_or_else(|| Arc::new(Network::of(self.region)))
    }

    /// Interfaces of instances, as far as they were read.
    pub(crate) fn interfaces(&self) -> Arc<Interfaces<'a>> {
        if let Some(views) = self.views {
            return Arc::clone(&views.interfaces);
        }
        let mut found = Interfaces::new();
        for it in items(&self.region.network_interfaces) {
            if let Some(instance) = &it.instance_id {
                found.entry(instance).or_default().push(it);
            }
        }
        Arc::new(found)
    }

    /// The node pools of every cluster.
    pub fn pools(&self) -> Result<Arc<Pools<'a>>, Gap> {
        let known = self.views.map(|it| it.pools.clone());
        known.unwrap_or_else(|| pools(self).map(Arc::new))
    }

    /// The instances of node pools.
    pub(crate) fn nodes(&self) -> Result<Arc<Nodes<'a>>, Gap> {
        let known = self.views.map(|it| it.nodes.clone());
        known.unwrap_or_else(|| Ok(Arc::new(nodes(&*self.pools()?))))
    }

    /// The security groups of clusters.
    pub(crate) fn cluster_groups(&self) -> Result<Arc<ClusterGroups<'a>>, Gap> {
        let known = self.views.map(|it| it.groups.clone());
        known.unwrap_or_else(|| Ok(Arc::new(cluster_groups(self, &*self.nodes()?))))
    }

    /// The subnets of nodes.
    pub(crate) fn node_subnets(&self) -> Result<Arc<NodeSubnets<'a>>, Gap> {
        let known = self.views.map(|it| it.subnets.clone());
        known.unwrap_or_else(|| Ok(Arc::new(node_subnets(self, &*self.pools()?))))
    }
}
