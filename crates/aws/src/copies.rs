//! Copies of nodes' and claims' disks that others may be allowed to use: own images and public snapshots.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap, NodePoolKind};

use crate::{
    RegionContext,
    at_rest::{Gaps, cluster_volumes, owners_by_tags},
    inspect::items,
    inventory::storage::{Image, Snapshot},
    node_pool::{Pools, pools},
};

/// What others may be allowed to copy, with the clusters it belongs to.
#[derive(Clone, Debug, Default)]
pub struct Copies<'a> {
    /// Images of the account that nodes run, by id.
    pub images: BTreeMap<&'a str, (&'a Image, BTreeSet<ClusterId>)>,
    /// Public snapshots of disks of nodes and claims, and of those images.
    pub snapshots: Vec<(&'a Snapshot, BTreeSet<ClusterId>)>,
    /// Why there may be more.
    pub gaps: Gaps,
}

/// Everything in a Region that holds data of clusters and may be shared. The gap is that clusters could not be listed.
pub fn copies<'a>(region: &RegionContext<'a>) -> Result<Copies<'a>, Gap> {
    let pools = pools(region)?;
    let mut all = Copies::default();
    if items(&region.region.clusters).is_empty() {
        return Ok(all);
    }
    own_images(region, &pools, &mut all);
    all.gaps.extend(region.region.public_snapshots.gap().map(|it| (None, it.clone())));
    let volumes = cluster_volumes(region, &pools);
    for snapshot in items(&region.region.public_snapshots) {
        let images = &mut all.images.values();
        let of_image = images.find(|it| it.0.snapshot_ids.contains(&snapshot.snapshot_id));
        let of_volume = volumes.get(snapshot.volume_id.as_str());
        let owners = of_volume.or_else(|| of_image.map(|it| &it.1)).cloned();
        match owners.or_else(|| owners_by_tags(region, &snapshot.tags)) {
            Some(owners) => all.snapshots.push((snapshot, owners)),
            None => all.gaps.extend(region.region.volumes.gap().map(|it| (None, it.clone()))),
        }
    }
    for (id, gaps) in pools.gaps {
        all.gaps.extend(gaps.into_iter().map(|it| (Some(id.clone()), it)));
    }
    Ok(all)
}

/// The ids of those snapshots.
pub fn snapshot_ids(region: &RegionContext<'_>) -> Vec<String> {
    let snapshots = copies(region).map(|it| it.snapshots).unwrap_or_default();
    snapshots.into_iter().map(|it| it.0.snapshot_id.clone()).collect()
}

fn own_images<'a>(region: &RegionContext<'a>, pools: &Pools<'a>, all: &mut Copies<'a>) {
    for pool in pools.pools.iter().filter(|it| it.kind != NodePoolKind::Auto) {
        let instances = pool.instances.iter().flatten();
        let ids: BTreeSet<&str> = instances.map(|it| it.image_id.as_str()).collect();
        if let (Some(gap), false) = (region.region.images.gap(), ids.is_empty()) {
            all.gaps.push((Some(pool.cluster.clone()), gap.clone()));
        }
        let own = &region.account.account.id;
        let images = items(&region.region.images).iter();
        for image in images.filter(|it| it.owner_id == *own && ids.contains(it.image_id.as_str())) {
            let entry = all.images.entry(&image.image_id);
            entry.or_insert((image, BTreeSet::new())).1.insert(pool.cluster.clone());
        }
    }
}
