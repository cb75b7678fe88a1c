//! What rules of several families ask about a namespace: what runs there, and whose it is.

use std::collections::BTreeMap;

use eksray_rule::Part;

use crate::{
    inventory::{
        Kube,
        cluster::{Namespace, Version},
        workload::Workload,
    },
    managed::is_managed_by_aws,
    pod_security::{Level, NEWEST, violations},
};

/// The practices about pod settings that admission enforces.
pub(crate) const POD_SETTINGS: &[Part] =
    &[Part::Practice(5), Part::Practice(6), Part::Practice(7), Part::Practice(8), Part::Policy];

/// The CIS controls of the same.
pub(crate) const POD_SETTINGS_CIS: &[&str] = &["4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.5"];

/// Namespaces that every cluster has and nobody but the cluster should use.
pub(crate) const SYSTEM: &[&str] = &["kube-system", "kube-public", "kube-node-lease"];

/// Workloads that somebody brought, by namespace: not those of AWS, and not what runs in the cluster's own namespaces.
pub(crate) fn users(kube: &Kube) -> BTreeMap<&str, Vec<&Workload>> {
    let mut users: BTreeMap<&str, Vec<&Workload>> = BTreeMap::new();
    let theirs =
        |it: &&Workload| !SYSTEM.contains(&it.namespace.as_str()) && !is_managed_by_aws(it);
    for it in kube.workloads.iter().filter(theirs) {
        users.entry(&it.namespace).or_default().push(it);
    }
    users
}

/// The first five of a list of names, and how many more there are.
pub(crate) fn first_five<T: AsRef<str>>(names: &[T]) -> String {
    let shown: Vec<&str> = names.iter().take(5).map(AsRef::as_ref).collect();
    let more = names.len() - shown.len();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    shown.join(", ") + &more
}

/// Whether nothing but managed components runs here; an empty namespace only counts if it is the cluster's own.
pub(crate) fn managed_only(namespace: &Namespace, workloads: &[Workload]) -> bool {
    let system = SYSTEM.contains(&namespace.metadata.name.as_str());
    (system || !workloads.is_empty()) && workloads.iter().all(is_managed_by_aws)
}

/// Each workload that level baseline would stop, with the first control it breaks.
pub(crate) fn stopped_by_baseline(workloads: &[Workload], kube: &Kube) -> Vec<String> {
    let version = kube.version.known().ok().and_then(Version::minor).unwrap_or(NEWEST);
    let broken = |it: &Workload| {
        it.specs()
            .flat_map(|spec| violations(spec, &it.pod_annotations, Level::Baseline, version))
            .next()
    };
    let say = |it: &Workload| {
        let first = broken(it)?;
        let kind = it.kind.to_lowercase();
        Some(format!("baseline would stop {kind} {}: {}", it.name, first.fact))
    };
    workloads.iter().filter_map(say).collect()
}
