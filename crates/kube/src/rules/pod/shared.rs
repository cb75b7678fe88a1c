//! Host namespaces of pods.

use eksray_rule::Verdict;

use crate::{
    inventory::{pod::PodSpec, workload::Workload},
    managed::{self, Setting},
};

/// Judges a flag of the pod: that of the template, or else of a live pod.
pub(super) fn judge(
    workload: &Workload,
    setting: Setting<'_>,
    fact: impl Fn(&PodSpec) -> Option<String>,
) -> Verdict {
    let live = || workload.variants.iter().find_map(&fact).map(|it| format!("{it} in a live pod"));
    let fact = fact(&workload.template).or_else(live);
    Ok(managed::judge(workload, fact.map(|it| (it, setting))))
}
