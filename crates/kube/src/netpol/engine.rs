//! Whether anything enforces network policies on the pods of a workload.
//!
//! The VPC CNI does where its node agent has the flag, on Auto Mode nodes EKS does where a ConfigMap says so; agents of
//! Calico, Cilium and others do where they run. None does on Fargate, or for pods in the network of their node.

use crate::{
    image::repository,
    inventory::{Kube, workload::Workload},
};

use super::Answer;

/// Whether policies are enforced on pods, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// Whether they are.
    pub answer: Answer,
    /// The observation that tells.
    pub why: String,
}

impl Coverage {
    fn new(answer: Answer, why: impl Into<String>) -> Self {
        Self { answer, why: why.into() }
    }
}

/// Agents that enforce policies, by the end of their repository.
const AGENTS: &[(&str, &str)] = &[
    ("Calico", "calico/node"),
    ("Cilium", "cilium/cilium"),
    ("Antrea", "antrea/antrea-agent"),
    ("Antrea", "antrea/antrea-agent-ubuntu"),
    ("Weave", "weaveworks/weave-npc"),
    ("kube-router", "cloudnativelabs/kube-router"),
];

const NODE_AGENT: &str = "aws-eks-nodeagent";

/// Why no engine that this cluster may have covers the pods of a workload, whatever is switched on.
pub fn left_out(kube: &Kube, workload: &Workload) -> Option<&'static str> {
    if workload.template.host_network {
        return Some("hostNetwork: true");
    }
    if workload.is_fargate() {
        return Some("runs on Fargate");
    }
    // Only the engines of AWS are known to leave these out.
    let aws = agent(kube).is_none() && kube.workload_gaps.is_empty();
    match workload.kind.as_str() {
        _ if !aws => None,
        _ if workload.template.is_windows() => Some("runs on Windows"),
        "Pod" if workload.group.is_empty() => Some("no controller owns the pod"),
        _ => None,
    }
}

/// Whether policies are enforced on the pods of a workload.
pub fn coverage(kube: &Kube, workload: &Workload) -> Coverage {
    if let Some(why) = left_out(kube, workload) {
        return Coverage::new(Answer::No, why);
    }
    if let Some((name, agent)) = agent(kube) {
        let (desired, ready) = agent.pods.daemon_set.unwrap_or((agent.pods.count, 0));
        let all = desired != 0 && desired <= ready && !workload.template.is_windows();
        let answer = if all { Answer::Yes } else { Answer::Maybe };
        return Coverage::new(answer, format!("{name} is ready on {ready} of {desired} nodes"));
    }
    let (aws, auto) = (vpc_cni(kube), auto_mode(kube));
    let found = match on_auto_nodes(kube, workload) {
        Some(true) => auto,
        Some(false) => aws,
        None if aws.answer == auto.answer => aws,
        None => Coverage::new(Answer::Maybe, format!("{}; {}", aws.why, auto.why)),
    };
    match (found.answer, kube.workload_gaps.first()) {
        // An agent that was not read may enforce them.
        (Answer::No, Some(gap)) => Coverage::new(Answer::Maybe, gap.to_string()),
        _ => found,
    }
}

/// `NETWORK_POLICY_ENFORCING_MODE` of the VPC CNI; absent means `standard`.
pub fn enforcing_mode(kube: &Kube) -> Option<&str> {
    let agent = kube.workload("DaemonSet", "kube-system", "aws-node")?;
    let mut containers = agent.template.all_containers();
    let mode = containers.find_map(|it| it.settings.get("NETWORK_POLICY_ENFORCING_MODE"));
    Some(mode.map_or("standard", String::as_str))
}

/// An agent that enforces policies, by image.
fn agent(kube: &Kube) -> Option<(&'static str, &Workload)> {
    let mut sets = kube.workloads.iter().filter(|it| it.kind == "DaemonSet");
    sets.find_map(|set| {
        let mut images = set.template.containers.iter().map(|it| repository(&it.image));
        let known = images.find_map(|image| {
            AGENTS.iter().find(|(_, end)| {
                let rest = image.strip_suffix(end);
                rest.is_some_and(|it| it.is_empty() || it.ends_with('/'))
            })
        });
        Some((known?.0, set))
    })
}

fn vpc_cni(kube: &Kube) -> Coverage {
    let Some(set) = kube.workload("DaemonSet", "kube-system", "aws-node") else {
        return match kube.workload_gaps.first() {
            Some(gap) => Coverage::new(Answer::Maybe, gap.to_string()),
            None => Coverage::new(Answer::No, "no DaemonSet aws-node"),
        };
    };
    let agent = set.template.containers.iter().find(|it| it.name == NODE_AGENT);
    match agent.map(|it| it.settings.get("--enable-network-policy").map(String::as_str)) {
        Some(Some("true")) => {
            Coverage::new(Answer::Yes, format!("{NODE_AGENT} has --enable-network-policy=true"))
        }
        Some(_) => {
            Coverage::new(Answer::No, format!("{NODE_AGENT} lacks --enable-network-policy=true"))
        }
        None => Coverage::new(Answer::No, format!("aws-node has no container {NODE_AGENT}")),
    }
}

fn auto_mode(kube: &Kube) -> Coverage {
    let key = "enable-network-policy-controller";
    match kube.vpc_cni.known() {
        Err(gap) => Coverage::new(Answer::Maybe, gap.to_string()),
        Ok(Some(it)) if it.enable_network_policy_controller => {
            Coverage::new(Answer::Yes, format!("configmap amazon-vpc-cni has {key}: true"))
        }
        Ok(_) => Coverage::new(Answer::No, format!("configmap amazon-vpc-cni lacks {key}: true")),
    }
}

/// Whether all nodes of a workload are Auto Mode's, or none; of all nodes where it runs on none.
fn on_auto_nodes(kube: &Kube, workload: &Workload) -> Option<bool> {
    let own = &workload.pods.nodes;
    let nodes = kube.nodes.known().ok()?.iter();
    let mut auto = nodes
        .filter(|it| !it.is_fargate() && (own.is_empty() || own.contains(&it.metadata.name)))
        .map(|it| {
            let label = it.metadata.labels.get("eks.amazonaws.com/compute-type");
            label.is_some_and(|it| it == "auto")
        });
    // Without nodes there is nothing that could be Auto Mode's but its node classes.
    let Some(first) = auto.next() else { return Some(false) };
    auto.all(|it| it == first).then_some(first)
}
