//! EKS: which versions of an add-on run on a version of Kubernetes.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::eks::{AddonVersion, Cluster};
use eksray_rule::{Fetched, Gap};
use futures::future::join_all;

use crate::aws::{
    parse::{required, sorted},
    place::Place,
    read::{Page, Parsed},
};

/// Completes the add-ons of clusters. What several clusters have is asked for once.
pub(crate) async fn add_addon_versions(place: &Place, clusters: &mut [Cluster]) {
    let mut wanted: BTreeSet<(String, String)> = BTreeSet::new();
    for cluster in clusters.iter() {
        let Ok(described) = cluster.described.known() else { continue };
        for addon in cluster.addons.known().into_iter().flatten() {
            wanted.insert((addon.name.clone(), described.version.clone()));
        }
    }
    let read = wanted.into_iter().map(|(name, version)| async move {
        let versions: Fetched<_> = addon_versions(place, &name, &version).await.into();
        ((name, version), versions)
    });
    let read: BTreeMap<_, _> = join_all(read).await.into_iter().collect();
    for cluster in clusters {
        let version = cluster.described.known().map(|it| it.version.clone());
        for addon in cluster.addons.known_mut().into_iter().flatten() {
            addon.versions = match &version {
                Ok(version) => {
                    read.get(&(addon.name.clone(), version.clone())).cloned().unwrap_or_default()
                }
                Err(gap) => Fetched::unread(gap.clone()),
            };
        }
    }
}

async fn addon_versions(
    place: &Place,
    addon: &str,
    kubernetes: &str,
) -> Result<Vec<AddonVersion>, Gap> {
    let call = place.read("eks:DescribeAddonVersions").all(
        |token| {
            let request = place.eks.describe_addon_versions().addon_name(addon);
            let request = request.kubernetes_version(kubernetes).max_results(100);
            request.set_next_token(token).send()
        },
        |it| {
            let addons = it.addons.unwrap_or_default().into_iter();
            let versions = addons.flat_map(|it| it.addon_versions.unwrap_or_default());
            let items = versions.map(|it| {
                let mut fits = it.compatibilities.unwrap_or_default().into_iter();
                Ok(AddonVersion {
                    addon_version: required("addonVersion", it.addon_version)?,
                    default_version: fits.any(|it| {
                        it.default_version && it.cluster_version.as_deref() == Some(kubernetes)
                    }),
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.addon_version.as_str()))
}
