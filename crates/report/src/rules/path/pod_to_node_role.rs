use eksray_aws::node_pool::NodePool;
use eksray_kube::inventory::workload::Workload;
use eksray_rule::{Judgement, Part, Severity, Subject, Verdict};

use crate::{
    Check, Rule,
    paths::{Paths, open_metadata},
    world::ClusterView,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1), Part::Practice(6)],
    cis: &[],
    check: Check::PoolAndWorkloadPath(pool, workload),
};

/// All pods of the pool, where the metadata service answers across a hop or to version 1.
fn pool(pool: &NodePool<'_>, view: &ClusterView<'_>, paths: &Paths<'_>) -> Verdict {
    let mut facts = open_metadata(pool)?;
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    // The role is worth having when it exceeds the baseline, or acts as the node towards the API server.
    let worth = paths.worth_of_node_role(pool, view)?;
    if worth.is_empty() {
        return Ok(Judgement::Pass { facts });
    }
    facts.extend(worth);
    Ok(Judgement::of(facts))
}

/// One pod on the host network, which no hop limit stops; silent where its whole pool is judged bad.
fn workload(
    it: &Workload,
    view: &ClusterView<'_>,
    paths: &Paths<'_>,
) -> Option<(Subject, Verdict)> {
    if !it.specs().any(|it| it.host_network) || it.is_fargate() || it.pods.count == 0 {
        return None;
    }
    let subject = view.workload(it);
    let found = paths.worth_under(it, view, |it| pool(it, view, paths));
    let (mut facts, not_considered) = match found {
        Err(gap) => return Some((subject, Err(gap))),
        Ok((worth, _)) if worth.is_empty() => return None,
        Ok(found) => found,
    };
    facts.insert(0, "hostNetwork reaches instance metadata at any hop limit".to_owned());
    let meant = paths.world.pattern("pod-host-network", &subject).is_some_and(|it| it.is_empty());
    let verdict = if meant {
        Judgement::accepted(facts, "accepted as pod-host-network is")
    } else {
        Judgement::Fail { facts, possible: false, not_considered }
    };
    Some((subject, Ok(verdict)))
}
