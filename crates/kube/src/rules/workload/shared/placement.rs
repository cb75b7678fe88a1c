//! Where replicas are, and where they ask to be.

use std::collections::BTreeSet;

use eksray_rule::Gap;

use crate::{
    Context,
    inventory::{meta::LabelSelector, workload::Workload},
    netpol::{Answer, selects},
};

const ZONE: &str = "topology.kubernetes.io/zone";

/// Keys over which spreading keeps replicas apart.
const APART: &[&str] = &[ZONE, "kubernetes.io/hostname", "failure-domain.beta.kubernetes.io/zone"];

/// Zones, counted.
pub(in crate::rules::workload) struct Placement {
    /// Those with nodes.
    pub(in crate::rules::workload) zones_of_cluster: usize,
    /// Those with pods of the workload.
    pub(in crate::rules::workload) zones: usize,
}

/// Where the cluster's nodes and the pods of a workload are.
pub(in crate::rules::workload) fn placement(
    workload: &Workload,
    context: &Context<'_>,
) -> Result<Placement, Gap> {
    let (mut all, mut own) = (BTreeSet::new(), BTreeSet::new());
    for node in context.kube.nodes.known()? {
        let Some(zone) = node.metadata.labels.get(ZONE) else { continue };
        all.insert(zone);
        if workload.pods.nodes.contains(&node.metadata.name) {
            own.insert(zone);
        }
    }
    Ok(Placement { zones_of_cluster: all.len(), zones: own.len() })
}

/// Whether a workload asks for its replicas to be apart; what is wrong if it does not.
pub(in crate::rules::workload) fn spread(workload: &Workload) -> Result<(), String> {
    let spec = &workload.template;
    let on_itself = |it: &Option<LabelSelector>| {
        it.as_ref().is_some_and(|it| selects(it, workload) != Answer::No)
    };
    let apart = |key: &String| APART.contains(&key.as_str());
    let constraints = spec.topology_spread_constraints.iter();
    let constraints: Vec<_> = constraints.filter(|it| apart(&it.topology_key)).collect();
    let mut terms = spec.affinity.pod_anti_affinity.terms();
    if constraints.iter().any(|it| on_itself(&it.label_selector))
        || terms.any(|it| apart(&it.topology_key) && on_itself(&it.label_selector))
    {
        return Ok(());
    }
    Err(match constraints.first() {
        Some(it) => {
            format!("the constraint over {} does not select its own pods", it.topology_key)
        }
        None => "no topologySpreadConstraints and no podAntiAffinity on itself".to_owned(),
    })
}
