//! Runtime security agents of other vendors and of AWS, recognised by image: dated data.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::OnceLock,
};

use eksray_kube::{
    image::repository,
    inventory::{Kube, cluster::Node, pod::container::Container, workload::Workload},
    managed,
};
use eksray_rule::{Gap, Reason};
use serde::Deserialize;

use crate::world::ClusterView;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    date: String,
    agents: Vec<Known>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    name: String,
    /// Repositories, whatever registry mirrors them.
    images: Vec<String>,
    /// The container that watches, where the image does other work as well.
    #[serde(default)]
    container: Option<String>,
}

/// An unreadable catalogue knows no agent; a test keeps the shipped one readable.
fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| {
        serde_json::from_str(include_str!("../data/runtime-agents.json")).unwrap_or_default()
    })
}

/// The day the catalogue was last gone through.
pub fn catalogue_date() -> &'static str {
    &catalogue().date
}

/// An agent that is installed, all its `DaemonSet`s together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent<'a> {
    /// Pods that should run.
    pub desired: u32,
    /// Pods that are ready.
    pub ready: u32,
    /// Nodes that its pods are on.
    pub nodes: BTreeSet<&'a str>,
}

/// Agents that are installed, by product.
pub fn installed(kube: &Kube) -> BTreeMap<&'static str, Agent<'_>> {
    let mut found: BTreeMap<&'static str, Agent<'_>> = BTreeMap::new();
    for workload in daemon_sets(kube) {
        let Some(name) = product(workload) else { continue };
        let agent = found.entry(name).or_default();
        // Pods of a controller that could not be read may be anything but ready.
        let (desired, ready) = workload.pods.daemon_set.unwrap_or((workload.pods.count, 0));
        agent.desired = agent.desired.saturating_add(desired);
        agent.ready = agent.ready.saturating_add(ready);
        agent.nodes.extend(workload.pods.nodes.iter().map(String::as_str));
    }
    found
}

/// Whether Amazon's own agent watches every node that it can watch, and what `guardduty:ListCoverage` says of it.
pub fn guardduty(view: &ClusterView<'_>) -> Result<(bool, String), Gap> {
    let aws = view.aws()?;
    let coverage = match aws.region.region.runtime_coverage.known() {
        Err(gap) if gap.reason == Reason::NotSupported => &Vec::new(),
        answer => answer?,
    };
    let Some(it) = coverage.iter().find(|it| it.cluster_name == aws.cluster.name) else {
        return Ok((false, "GuardDuty: no runtime coverage of the cluster".to_owned()));
    };
    let (status, covered, compatible) =
        (&it.coverage_status, it.covered_nodes, it.compatible_nodes);
    let fact = format!("GuardDuty: {status}, {covered} of {compatible} nodes covered");
    Ok((status == "HEALTHY" && covered >= compatible, fact))
}

/// Linux nodes that take pods and that an agent can watch: Fargate runs none.
pub fn watchable(kube: &Kube) -> Result<Vec<&str>, Gap> {
    let linux = |it: &&Node| {
        let windows = it.status.node_info.operating_system == "windows";
        !windows && !it.is_fargate() && !it.spec.unschedulable
    };
    let nodes = kube.nodes.known()?.iter().filter(linux);
    Ok(nodes.map(|it| it.metadata.name.as_str()).collect())
}

/// Privileged `DaemonSet`s that no catalogue knows: one of them may be an agent.
pub fn unknown_privileged(kube: &Kube) -> impl Iterator<Item = &Workload> {
    let privileged = |(_, it): (_, &Container)| it.security_context.privileged == Some(true);
    daemon_sets(kube).filter(move |it| {
        it.containers().any(privileged) && product(it).is_none() && managed::component(it).is_none()
    })
}

fn daemon_sets(kube: &Kube) -> impl Iterator<Item = &Workload> {
    kube.workloads.iter().filter(|it| it.kind == "DaemonSet" && it.group == "apps")
}

fn product(workload: &Workload) -> Option<&'static str> {
    let runs = |known: &&Known| {
        workload.template.containers.iter().any(|it| {
            let repository = repository(&it.image);
            known.container.as_ref().is_none_or(|name| *name == it.name)
                && known.images.iter().any(|image| ends_with(&repository, image))
        })
    };
    catalogue().agents.iter().find(runs).map(|it| it.name.as_str())
}

/// Whether a repository ends with another one, by whole path segments.
fn ends_with(repository: &str, image: &str) -> bool {
    repository.strip_suffix(image).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_read() {
        assert!(catalogue().agents.len() > 10 && catalogue_date() >= "2026");
    }

    #[test]
    fn images_are_known_behind_any_registry() {
        for (image, known) in [
            ("falcosecurity/falco:0.41.0", true),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/hub/falcosecurity/falco", true),
            ("notfalcosecurity/falco", false),
            ("falcosecurity/falco-exporter", false),
        ] {
            let falco = ends_with(&repository(image), "falcosecurity/falco");
            assert_eq!(falco, known, "{image}");
        }
    }
}
