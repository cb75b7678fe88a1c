//! VPCs of clusters, and the endpoints in them.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Entry, Outcome, Subject, Verdict};

use super::{
    Check, RegionContext, items,
    network::{Gaps, own_clusters, unknown_clusters, unlisted},
    outcome,
};
use crate::inventory::{ec2::VpcEndpoint, eks::Cluster};

pub(super) fn of_clusters(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&str, &[&Cluster], &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some((vpcs, gaps)) = listed(entry, region, outcomes) else { return };
    for (id, clusters) in vpcs {
        let subject = Subject::aws(region.arn("ec2", &format!("vpc/{id}")));
        let scope = region.scope(clusters.iter().map(|it| region.cluster_id(&it.name)).collect());
        outcomes.push(outcome(entry, subject, scope, check(id, &clusters, region)));
    }
    unknown_clusters(entry, region, &gaps, outcomes);
}

pub(super) fn endpoints(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&VpcEndpoint, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let Some((vpcs, mut gaps)) = listed(entry, region, outcomes) else { return };
    if let Some(gap) = region.region.vpc_endpoints.gap() {
        let clusters: BTreeSet<&str> = vpcs.values().flatten().map(|it| it.name.as_str()).collect();
        for cluster in clusters {
            gaps.entry(region.cluster_id(cluster)).or_default().push(gap.clone());
        }
    }
    for endpoint in items(&region.region.vpc_endpoints) {
        let Some(clusters) = vpcs.get(endpoint.vpc_id.as_str()) else { continue };
        let resource = format!("vpc-endpoint/{}", endpoint.vpc_endpoint_id);
        let subject = Subject::aws(region.arn("ec2", &resource));
        let scope = region.scope(clusters.iter().map(|it| region.cluster_id(&it.name)).collect());
        outcomes.push(outcome(entry, subject, scope, check(endpoint, region)));
    }
    unknown_clusters(entry, region, &gaps, outcomes);
}

/// The VPCs of clusters by id, and clusters whose VPC is not known.
fn listed<'a>(
    entry: &Entry<Check>,
    region: &RegionContext<'a>,
    outcomes: &mut Vec<Outcome>,
) -> Option<(BTreeMap<&'a str, Vec<&'a Cluster>>, Gaps)> {
    if let Some(gap) = region.region.clusters.gap() {
        unlisted(entry, region, gap.clone(), outcomes);
        return None;
    }
    let (mut vpcs, mut gaps) = (BTreeMap::new(), Gaps::new());
    for cluster in own_clusters(region) {
        match cluster.described.known() {
            Err(gap) => gaps.entry(region.cluster_id(&cluster.name)).or_default().push(gap),
            Ok(it) => {
                if let Some(vpc) = &it.vpc_id {
                    vpcs.entry(vpc.as_str()).or_insert_with(Vec::new).push(cluster);
                }
            }
        }
    }
    Some((vpcs, gaps))
}
