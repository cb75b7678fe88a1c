//! Load balancers that clusters made.

use eksray_rule::{ClusterId, Entry, Outcome, Subject, Verdict};

use super::{Check, RegionContext, clusters_of, items, outcome};
use crate::inventory::elb::LoadBalancer;

pub(super) fn of_clusters(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&LoadBalancer, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let unread = region.region.clusters.gap().or(region.region.load_balancers.gap());
    if let Some(gap) = unread {
        let clusters = clusters_of(region);
        if region.region.clusters.gap().is_some() || !clusters.is_empty() {
            let scope = region.scope(clusters);
            outcomes.push(outcome(entry, region.subject(), scope, Err(gap.clone())));
        }
        return;
    }
    for balancer in items(&region.region.load_balancers) {
        let makers = makers(balancer, region);
        if !makers.is_empty() {
            let scope = region.scope(makers);
            let verdict = check(balancer, region);
            outcomes.push(outcome(entry, Subject::aws(&balancer.arn), scope, verdict));
        }
    }
}

/// The clusters whose controllers tagged a load balancer.
pub(crate) fn makers(balancer: &LoadBalancer, region: &RegionContext<'_>) -> Vec<ClusterId> {
    let names = items(&region.region.clusters).iter().map(|it| it.name.as_str());
    let made = names.filter(|it| balancer.is_of(it));
    made.map(|it| region.cluster_id(it)).collect()
}
