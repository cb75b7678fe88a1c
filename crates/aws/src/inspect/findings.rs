//! Clusters and node pools, with the findings of GuardDuty that name them.

use std::collections::BTreeSet;

use eksray_rule::{Entry, Judgement, Outcome, Reason, Subject, Verdict, any};

use super::{Check, RegionContext, items, judge, network::unlisted, outcome};
use crate::inventory::logs::Finding;

/// A finding that names a cluster is the cluster's; one that names an instance only is that of its pool.
pub(super) fn findings(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&[&Finding], &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let listed = match region.pools() {
        Ok(listed) => listed,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    let findings = &region.region.guardduty_findings;
    for cluster in items(&region.region.clusters) {
        let id = region.cluster_id(&cluster.name);
        let verdict = judge(cluster, || match findings.known() {
            Err(gap) if gap.reason == Reason::NotSupported => {
                Ok(Judgement::not_applicable("GuardDuty does not exist in this Region"))
            }
            found => {
                let named = found?.iter().filter(|it| it.cluster_arns.contains(&id.0));
                check(&named.collect::<Vec<_>>(), region)
            }
        });
        let scope = region.scope(vec![id.clone()]);
        outcomes.push(outcome(entry, Subject::cluster(&id), scope, verdict));
    }
    let Ok(found) = findings.known() else { return };
    for pool in &listed.pools {
        let verdict = pool.instances.clone().and_then(|instances| {
            let ids: BTreeSet<&str> = instances.iter().map(|it| it.instance_id.as_str()).collect();
            let named = found.iter().filter(|it| {
                it.cluster_arns.is_empty()
                    && it.instance_ids.iter().any(|it| ids.contains(it.as_str()))
            });
            check(&named.collect::<Vec<_>>(), region)
        });
        let scope = region.scope(vec![pool.cluster.clone()]);
        outcomes.push(outcome(entry, pool.subject(), scope, verdict));
    }
    // Clusters have an outcome of their own, so that pools which could not be listed are one of the Region.
    if !listed.gaps.is_empty() {
        let scope = region.scope(listed.gaps.keys().cloned().collect());
        let verdict = any(listed.gaps.values().flatten().cloned().map(Err));
        outcomes.push(outcome(entry, region.subject(), scope, verdict));
    }
}
