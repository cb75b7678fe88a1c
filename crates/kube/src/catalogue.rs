//! What images tell of what runs: add-ons of the cluster, interfaces for administrators, controllers.
//!
//! Images are pulled through mirrors, so they are known by the path of their repository, whatever the registry.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::{image::repository, inventory::workload::Workload};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Catalogue {
    date: String,
    cluster_add_ons: Vec<String>,
    administrator_interfaces: Vec<Interface>,
}

/// An interface for administrators.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Interface {
    /// What people call it.
    pub name: String,
    /// Whether it acts on the cluster with its own rights.
    #[serde(default)]
    pub controls_cluster: bool,
    images: Vec<String>,
}

/// An unreadable catalogue knows nothing; a test keeps the shipped one readable.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| read().unwrap_or_default())
}

fn read() -> Result<Catalogue, String> {
    serde_saphyr::from_str(include_str!("../data/images.yaml")).map_err(|it| it.to_string())
}

/// The day the catalogue was last gone through.
pub fn catalogue_date() -> &'static str {
    &catalogue().date
}

/// Whether an image's repository has these path segments, one after the other.
pub fn is_image(image: &str, segments: &str) -> bool {
    // Taking a reference apart costs more than seeing that most images are none of those that are asked for.
    if !segments.rsplit('/').next().is_some_and(|it| image.contains(it)) {
        return false;
    }
    let repository = repository(image);
    let path = repository.split_once('/').map_or("", |(_, path)| path);
    format!("/{path}/").contains(&format!("/{segments}/"))
}

/// The entry that each container's image is of, where a workload is nothing but an add-on of the cluster.
pub fn cluster_add_on(workload: &Workload) -> Option<&'static str> {
    let entry = |image: &str| {
        catalogue().cluster_add_ons.iter().find(|it| is_image(image, it)).map(String::as_str)
    };
    let entries: Option<Vec<&str>> =
        workload.containers().map(|(_, it)| entry(&it.image)).collect();
    entries?.first().copied()
}

/// The interface that a workload serves, with its image.
pub fn interface(workload: &Workload) -> Option<(&'static Interface, &str)> {
    workload.containers().find_map(|(_, container)| {
        let mut interfaces = catalogue().administrator_interfaces.iter();
        let found = interfaces.find(|it| it.images.iter().any(|it| is_image(&container.image, it)));
        found.map(|it| (it, container.image.as_str()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_is_readable() {
        let catalogue = read().unwrap();
        assert_eq!(catalogue.date.len(), "2026-01-01".len());
        assert!(catalogue.administrator_interfaces.iter().all(|it| !it.images.is_empty()));
    }

    #[test]
    fn images_are_known_through_mirrors_by_whole_segments() {
        for (image, expected) in [
            ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.33.0", true),
            ("1.dkr.ecr.eu-west-1.amazonaws.com/mirror/autoscaling/cluster-autoscaler", true),
            ("registry.k8s.io/autoscaling/cluster-autoscaler-evil:v1", false),
            ("docker.io/evil/cluster-autoscaler", false),
        ] {
            assert_eq!(is_image(image, "autoscaling/cluster-autoscaler"), expected, "{image}");
        }
    }
}
