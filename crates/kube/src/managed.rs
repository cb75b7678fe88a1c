//! Who AWS or a known add-on owns, and which of their settings are accepted.

use eksray_rule::Judgement;

use crate::inventory::workload::Workload;

/// A host setting that a catalogue entry may accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting<'a> {
    /// The named container is privileged.
    Privileged(&'a str),
}

/// Judges the failing facts of a workload: accepted only if its catalogue entry accepts every setting.
pub fn judge<'a>(
    _workload: &Workload,
    facts: impl IntoIterator<Item = (String, Setting<'a>)>,
) -> Judgement {
    Judgement::of(facts.into_iter().map(|(fact, _)| fact).collect())
}

/// Owners of `kube-system` and other namespaces that AWS publishes.
const COMPONENTS: &[(&str, &str)] = &[
    ("kube-system", "aws-node"),
    ("kube-system", "coredns"),
    ("kube-system", "ebs-csi-controller"),
    ("kube-system", "ebs-csi-node"),
    ("kube-system", "ebs-csi-node-windows"),
    ("kube-system", "efs-csi-controller"),
    ("kube-system", "efs-csi-node"),
    ("kube-system", "eks-node-monitoring-agent"),
    ("kube-system", "eks-pod-identity-agent"),
    ("kube-system", "kube-proxy"),
    ("kube-system", "metrics-server"),
    ("kube-system", "s3-csi-node"),
    ("amazon-guardduty", "aws-guardduty-agent"),
    ("amazon-cloudwatch", "amazon-cloudwatch-observability-controller-manager"),
    ("amazon-cloudwatch", "cloudwatch-agent"),
    ("amazon-cloudwatch", "fluent-bit"),
];

/// The managed component that a workload is: by namespace, name and the registry of every image.
pub fn is_managed(workload: &Workload) -> Option<&str> {
    let known = COMPONENTS.contains(&(workload.namespace.as_str(), workload.name.as_str()));
    let from_aws = |image: &str| {
        let ecr = image.split_once(".dkr.ecr.").is_some_and(|(account, rest)| {
            account.len() == 12 && rest.contains(".amazonaws.com") && rest.contains("/eks/")
        });
        ecr || image.starts_with("public.ecr.aws/eks")
    };
    let all = workload.containers().all(|(_, it)| from_aws(&it.image));
    (known && all).then_some(workload.name.as_str())
}
