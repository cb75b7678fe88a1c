//! Label selectors over workloads: what the pods of an owner have in common, and what may differ.

use crate::inventory::{meta::LabelSelector, workload::Workload};

use super::Answer;

/// Labels that controllers give their pods: templates lack them, and their values differ from pod to pod.
const GENERATED: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// What is known of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label<'a> {
    /// This value.
    Is(&'a str),
    /// There is none.
    Absent,
    /// Not known, or not the same for all.
    Varies,
}

/// Whether the pods of a workload satisfy a selector.
pub fn selects(selector: &LabelSelector, workload: &Workload) -> Answer {
    matches(selector, &|key| label(workload, key))
}

/// Whether all labels of its pods are known, but for those that controllers generate.
pub(super) fn is_exact(workload: &Workload) -> bool {
    let several = workload.kind == "Pod" && 1 < workload.pods.count;
    !workload.stand_in && !several
}

/// A label that a selector asks for and that no controller generates.
pub(super) fn index_key(selector: &LabelSelector) -> Option<(&str, &str)> {
    let mut labels = selector.match_labels.iter();
    let (key, value) = labels.find(|(key, _)| !GENERATED.contains(&key.as_str()))?;
    Some((key, value))
}

fn label<'a>(workload: &'a Workload, key: &str) -> Label<'a> {
    if let Some(value) = workload.pod_labels.get(key) {
        return Label::Is(value);
    }
    // One pod of today is not every pod of tomorrow.
    if GENERATED.contains(&key) {
        return Label::Varies;
    }
    match workload.pods.labels.get(key) {
        Some(value) => Label::Is(value),
        None if is_exact(workload) => Label::Absent,
        None => Label::Varies,
    }
}

/// A selector over labels of which some may not be known.
pub(super) fn matches<'a>(selector: &LabelSelector, label: &dyn Fn(&str) -> Label<'a>) -> Answer {
    let mut answer = Answer::Yes;
    for (key, value) in &selector.match_labels {
        answer = answer.and(match label(key) {
            Label::Is(it) => (it == value).into(),
            Label::Absent => Answer::No,
            Label::Varies => Answer::Maybe,
        });
    }
    for it in &selector.match_expressions {
        let among = |value: &str| it.values.iter().any(|known| known == value);
        answer = answer.and(match (it.operator.as_str(), label(&it.key)) {
            ("In", Label::Is(value)) => among(value).into(),
            ("NotIn", Label::Is(value)) => (!among(value)).into(),
            ("Exists", Label::Is(_)) | ("NotIn" | "DoesNotExist", Label::Absent) => Answer::Yes,
            ("DoesNotExist", Label::Is(_)) | ("In" | "Exists", Label::Absent) => Answer::No,
            // A label that varies, or an operator that we do not know.
            _ => Answer::Maybe,
        });
    }
    answer
}
