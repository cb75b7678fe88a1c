//! What is asked about nodes once it is known which instances they are.

use std::collections::BTreeSet;

use eksray_aws::{
    RegionContext, ami,
    inventory::{
        assess::{Inspector, SystemsManager},
        storage::Image,
    },
    node_pool::{pools, running},
};
use eksray_rule::{Fetched, Gap, NodePoolKind};
use futures::join;

use super::{ec2::storage, inspector, place::Place, ssm};

/// Nodes whose system their owner looks after: not those of Auto Mode.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    instances: Vec<String>,
    images: BTreeSet<String>,
    parameters: BTreeSet<String>,
    /// Why instances could not be read.
    gap: Option<Gap>,
}

/// Answers about nodes.
pub(crate) struct About {
    pub(crate) images: Fetched<Vec<Image>>,
    pub(crate) inspector: Inspector,
    pub(crate) systems_manager: SystemsManager,
}

impl Nodes {
    /// Those of the clusters of a Region.
    pub(crate) fn of(region: &RegionContext<'_>) -> Self {
        let mut nodes = Self { gap: region.region.instances.gap().cloned(), ..Self::default() };
        let pools = pools(region).map(|it| it.pools).unwrap_or_default();
        for pool in pools.iter().filter(|it| it.kind != NodePoolKind::Auto) {
            let nodegroup = pool.nodegroup.as_ref().and_then(|it| it.as_ref().ok());
            nodes.parameters.extend(nodegroup.and_then(|it| ami::recommended(it)));
            for instance in running(pool).unwrap_or_default() {
                nodes.instances.push(instance.instance_id.clone());
                nodes.images.insert(instance.image_id.clone());
            }
        }
        nodes.instances.sort();
        nodes.instances.dedup();
        nodes.images.remove("");
        nodes
    }
}

/// Reads everything about nodes.
pub(crate) async fn about(place: &Place, nodes: &Nodes) -> About {
    let images = async {
        let recommended = ssm::parameters(place, &nodes.parameters).await;
        let mut ids = nodes.images.clone();
        ids.extend(recommended.iter().flat_map(|it| it.values().cloned()));
        (storage::images(place, &ids).await, recommended)
    };
    if let Some(gap) = &nodes.gap {
        let (images, recommended) = images.await;
        let mut systems_manager = unread(gap);
        systems_manager.recommended_images = recommended.into();
        return About { images: images.into(), inspector: inspector::unread(gap), systems_manager };
    }
    let ((images, recommended), inspector, managed, patches) = join!(
        images,
        inspector::inspector(place, &nodes.instances),
        ssm::managed_instances(place, &nodes.instances),
        ssm::patch_states(place, &nodes.instances),
    );
    let systems_manager = SystemsManager {
        managed_instances: managed.into(),
        patch_states: patches.into(),
        recommended_images: recommended.into(),
    };
    About { images: images.into(), inspector, systems_manager }
}

/// Nothing is known, for one reason.
pub(crate) fn unread(gap: &Gap) -> SystemsManager {
    SystemsManager {
        managed_instances: Fetched::unread(gap.clone()),
        patch_states: Fetched::unread(gap.clone()),
        recommended_images: Fetched::unread(gap.clone()),
    }
}
