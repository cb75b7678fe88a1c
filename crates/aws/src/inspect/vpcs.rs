//! VPCs of clusters.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Outcome, Subject, Verdict};

use super::{
    Check, RegionContext, items,
    network::{add, listed, own_clusters, subnets_of_nodes, unknown_clusters},
    outcome,
};
use crate::inventory::ec2::Subnet;

/// Every VPC that holds a control plane or nodes, with the subnets that do.
pub(super) fn cluster_vpcs(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&str, &[&Subnet], &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some(pools) = listed(entry, region, outcomes) else { return };
    let (mut used, mut gaps) = subnets_of_nodes(region, &pools);
    let mut vpcs: BTreeMap<&str, BTreeSet<ClusterId>> = BTreeMap::new();
    for cluster in own_clusters(region) {
        let id = region.cluster_id(&cluster.name);
        match cluster.described.known() {
            Err(gap) => gaps.entry(id).or_default().push(gap),
            Ok(it) => {
                add(&mut used, it.subnet_ids.iter().map(String::as_str), &id);
                add(&mut vpcs, it.vpc_id.as_deref().into_iter(), &id);
            }
        }
    }
    let subnets = items(&region.region.subnets);
    for subnet in subnets {
        let clusters = used.get(subnet.subnet_id.as_str()).into_iter().flatten();
        for cluster in clusters {
            add(&mut vpcs, [subnet.vpc_id.as_str()].into_iter(), cluster);
        }
    }
    for (vpc, clusters) in vpcs {
        let verdict = region.region.subnets.known().and_then(|all| {
            let within = all.iter().filter(|it| it.vpc_id == vpc);
            let within = within.filter(|it| used.contains_key(it.subnet_id.as_str()));
            check(vpc, &within.collect::<Vec<_>>(), region)
        });
        let subject = Subject::aws(region.arn("ec2", &format!("vpc/{vpc}")));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, verdict));
    }
    unknown_clusters(entry, region, gaps, outcomes);
}
