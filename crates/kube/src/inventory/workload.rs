//! Workloads: the topmost owners of pods, and how pods fold into them while pages arrive.

mod fold;
mod live;

pub use fold::Fold;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    meta::{LabelSelector, Labels, ObjectMeta, named, null_as_default},
    pod::{
        PodSpec,
        container::{Container, ContainerPort},
    },
};

/// What runs pods: the topmost owner, its template and what its live pods add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Workload {
    /// API group, empty for the legacy group.
    pub group: String,
    /// `Deployment`, `Pod`, or the kind that an owner reference names.
    pub kind: String,
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
    /// The owner's labels and kept annotations; the pods' where the owner could not be read.
    pub metadata: OwnerMeta,
    /// Labels of its pods.
    pub pod_labels: Labels,
    /// Kept annotations of the template.
    pub pod_annotations: Labels,
    /// Credentials in annotations of the owner and of the template.
    pub credentials: Vec<eksray_rule::credential::Credential>,
    /// The template; the first pod's specification where the owner could not be read.
    pub template: PodSpec,
    /// Specifications of live pods that differ from the template in what rules look at, each once.
    pub variants: Vec<PodSpec>,
    /// Desired replicas; absent for kinds without.
    pub replicas: Option<u32>,
    /// Suspended Job or CronJob.
    pub suspended: bool,
    /// Rollout settings.
    pub strategy: Strategy,
    /// Live pods that have not finished.
    pub pods: LivePods,
    /// A static pod of a node.
    pub mirror: bool,
    /// Only references name the owner: what stands here is from a level below it, replicas and strategy
    /// are not known.
    pub stand_in: bool,
}

/// What is kept of an owner's metadata.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OwnerMeta {
    /// Labels.
    pub labels: Labels,
    /// Kept annotations.
    pub annotations: Labels,
}

/// What is kept of a workload's live pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct LivePods {
    /// How many.
    pub count: u32,
    /// How many run.
    pub running: u32,
    /// Nodes they run on.
    pub nodes: BTreeSet<String>,
    /// Their addresses, for load balancers that target pods.
    pub ips: BTreeSet<String>,
    /// Labels that all of them have and the template has not: injected, or made by the controller.
    pub labels: Labels,
    /// How many have a network interface of their own, for security groups of pods.
    pub with_eni: u32,
    /// Since when one of them runs and is not ready, the longest.
    pub unready_since: Option<Timestamp>,
    /// `status.desiredNumberScheduled` and `status.numberReady` of a DaemonSet.
    pub daemon_set: Option<(u32, u32)>,
}

/// Rollout settings of a Deployment, StatefulSet or DaemonSet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RollingUpdate`, `Recreate` or `OnDelete`; empty means the kind's default, `RollingUpdate`.
    #[serde(rename = "type")]
    pub type_: String,
    /// Number or percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<IntOrString>,
    /// Number or percentage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_surge: Option<IntOrString>,
    /// Old ReplicaSets kept for a rollback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_history_limit: Option<u32>,
    /// `OrderedReady` or `Parallel` of a StatefulSet.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub pod_management_policy: String,
    /// A StatefulSet's claims, or a claim of the template: storage that one pod holds at a time.
    pub claim_templates: bool,
}

/// A number or a percentage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum IntOrString {
    /// Number.
    Int(u32),
    /// `25%`.
    String(String),
}

impl IntOrString {
    /// The number of `total` replicas it stands for; percentages are rounded down, or up.
    pub fn of(&self, total: u32, rounding: Rounding) -> Option<u32> {
        match self {
            Self::Int(number) => Some(*number),
            Self::String(text) => {
                let share = u64::from(text.strip_suffix('%')?.parse::<u32>().ok()?);
                let product = share * u64::from(total);
                let number = match rounding {
                    Rounding::Down => product / 100,
                    Rounding::Up => product.div_ceil(100),
                };
                u32::try_from(number).ok()
            }
        }
    }
}

/// How a percentage becomes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// As for `maxUnavailable`.
    Down,
    /// As for `maxSurge`.
    Up,
}

impl Workload {
    /// Every container of the template, then those that only live pods have, each with the specification it stands in.
    pub fn containers(&self) -> impl Iterator<Item = (&PodSpec, &Container)> {
        let template = self.template.all_containers().map(|it| (&self.template, it));
        let live = self.variants.iter().flat_map(|spec| {
            let new = |it: &&Container| {
                self.template.all_containers().all(|known| known.name != it.name || adds(known, it))
            };
            spec.all_containers().filter(new).map(move |it| (spec, it))
        });
        template.chain(live)
    }

    /// The template and the live specifications that differ from it.
    pub fn specs(&self) -> impl Iterator<Item = &PodSpec> {
        std::iter::once(&self.template).chain(&self.variants)
    }

    /// Whether a setting lists it as `namespace/name`.
    pub fn is_listed(&self, list: &[String]) -> bool {
        let split = |it: &String| it.split_once('/') == Some((&self.namespace, &self.name));
        list.iter().any(split)
    }

    /// The container port that a name stands for.
    pub fn port_named(&self, name: &str) -> impl Iterator<Item = &ContainerPort> {
        let ports = self.containers().flat_map(|(_, it)| &it.ports);
        ports.filter(move |it| it.name == name)
    }

    /// Whether no pod of it runs and none is asked for.
    pub fn is_dormant(&self) -> bool {
        self.pods.count == 0 && (self.replicas == Some(0) || self.suspended)
    }

    /// Runs on Fargate only.
    pub fn is_fargate(&self) -> bool {
        let nodes = &self.pods.nodes;
        self.pod_labels.contains_key("eks.amazonaws.com/fargate-profile")
            || !nodes.is_empty() && nodes.iter().all(|it| it.starts_with("fargate-"))
    }
}

/// A pod as the API sends it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Pod {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: PodSpec,
    /// Status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: PodStatus,
}

/// What is read of a pod's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Running`, `Succeeded`, …
    pub phase: String,
    /// Address.
    #[serde(rename = "podIP")]
    pub pod_ip: String,
    /// Conditions.
    #[serde(deserialize_with = "null_as_default")]
    pub conditions: Vec<Condition>,
}

/// A condition of a pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Ready`, …
    #[serde(rename = "type")]
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Since when.
    #[serde(default)]
    pub last_transition_time: Option<Timestamp>,
}

/// A controller of pods as the API sends it, of any built-in kind.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Controller {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: ControllerSpec,
    /// Status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: ControllerStatus,
}

/// The specification of any built-in controller.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerSpec {
    /// Replicas.
    pub replicas: Option<u32>,
    /// Pod template.
    pub template: Option<PodTemplate>,
    /// Job template of a CronJob.
    pub job_template: Option<JobTemplate>,
    /// Suspended Job or CronJob.
    pub suspend: Option<bool>,
    /// Deployment strategy.
    pub strategy: Option<WireStrategy>,
    /// DaemonSet or StatefulSet strategy.
    pub update_strategy: Option<WireStrategy>,
    /// Old ReplicaSets kept.
    pub revision_history_limit: Option<u32>,
    /// StatefulSet.
    pub pod_management_policy: Option<String>,
    /// StatefulSet claims.
    pub volume_claim_templates: Option<Vec<serde::de::IgnoredAny>>,
}

impl ControllerSpec {
    /// Whether it says what its pods are, as every controller does.
    pub fn has_template(&self) -> bool {
        self.template.is_some() || self.job_template.is_some()
    }
}

/// A strategy as the API sends it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireStrategy {
    /// Kind.
    #[serde(rename = "type")]
    pub type_: Option<String>,
    /// Settings of `RollingUpdate`.
    pub rolling_update: Option<RollingUpdate>,
}

/// Settings of `RollingUpdate`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Number or percentage.
    pub max_unavailable: Option<IntOrString>,
    /// Number or percentage.
    pub max_surge: Option<IntOrString>,
}

/// A pod template.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct PodTemplate {
    /// Metadata.
    #[serde(default, deserialize_with = "null_as_default")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: PodSpec,
}

/// A job template.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JobTemplate {
    /// Its job.
    pub spec: JobSpec,
}

/// A job inside a template.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct JobSpec {
    /// Pod template.
    pub template: PodTemplate,
}

/// What is read of a controller's status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ControllerStatus {
    /// DaemonSet.
    pub desired_number_scheduled: Option<u32>,
    /// DaemonSet.
    pub number_ready: Option<u32>,
}

/// Whether a live container says something that its namesake in the template does not.
///
/// Variables are left out: the API server's webhooks inject the coordinates of AWS credentials there.
fn adds(template: &Container, live: &Container) -> bool {
    template.image != live.image
        || template.security_context != live.security_context
        || template.ports != live.ports
        || template.env_from != live.env_from
        || template.volume_mounts != live.volume_mounts
        || template.credentials != live.credentials
}

/// A Service's or a policy's plain selector, as a label selector.
pub fn equality(selector: &Labels) -> LabelSelector {
    LabelSelector { match_labels: selector.clone(), match_expressions: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_the_deployment_controller_does() {
        let quarter = IntOrString::String("25%".to_owned());
        assert_eq!(quarter.of(3, Rounding::Down), Some(0));
        assert_eq!(quarter.of(3, Rounding::Up), Some(1));
        assert_eq!(IntOrString::String("100%".to_owned()).of(3, Rounding::Down), Some(3));
        assert_eq!(IntOrString::Int(2).of(3, Rounding::Down), Some(2));
        assert_eq!(IntOrString::String("x".to_owned()).of(3, Rounding::Down), None);
    }
}
