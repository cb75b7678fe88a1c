use std::collections::BTreeSet;

use eksray_aws::node_pool::{NodePool, running};
use eksray_kube::inventory::workload::Workload;
use eksray_rule::{Judgement, Part, Severity, Subject, Verdict};

use crate::{Check, Rule, paths::Paths, world::ClusterView};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1), Part::Practice(6)],
    cis: &[],
    check: Check::PoolAndWorkloadPath(pool, workload),
};

/// All pods of the pool, where the metadata service answers across a hop or to version 1.
fn pool(pool: &NodePool<'_>, view: &ClusterView<'_>, paths: &Paths<'_>) -> Verdict {
    let mut facts = BTreeSet::new();
    for instance in running(pool)? {
        let Some(options) = &instance.metadata_options else { continue };
        if options.http_endpoint.as_deref() == Some("disabled") {
            continue;
        }
        if options.http_tokens.as_deref() == Some("optional") {
            facts.insert(format!("{}: HttpTokens = optional", instance.instance_id));
        }
        if let Some(hops @ 2..) = options.http_put_response_hop_limit {
            let id = &instance.instance_id;
            facts.insert(format!("{id}: HttpPutResponseHopLimit = {hops}"));
        }
    }
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    worth(facts.into_iter().collect(), pool, view, paths)
}

/// One pod on the host network, on a pool that other pods cannot use this way.
fn workload(
    it: &Workload,
    view: &ClusterView<'_>,
    paths: &Paths<'_>,
) -> Option<(Subject, Verdict)> {
    let subject = view.workload(it);
    if !it.specs().any(|it| it.host_network) || it.is_fargate() || it.pods.count == 0 {
        return None;
    }
    let fact = "hostNetwork reaches the instance metadata service at any hop limit".to_owned();
    let verdict = match paths.world.pattern("pod-host-network", &subject) {
        Some(needs) if needs.is_empty() => {
            Ok(Judgement::accepted(vec![fact], "accepted as pod-host-network is"))
        }
        _ => Ok(Judgement::of(vec![fact])),
    };
    Some((subject, verdict))
}

/// The node role is worth having when it exceeds the baseline, or acts as the node towards the API server.
fn worth(
    mut facts: Vec<String>,
    pool: &NodePool<'_>,
    view: &ClusterView<'_>,
    paths: &Paths<'_>,
) -> Verdict {
    let worth = paths.worth_of_node_role(pool, view)?;
    if worth.is_empty() {
        return Ok(Judgement::Pass { facts });
    }
    facts.extend(worth);
    Ok(Judgement::of(facts))
}
