//! Trails of Regions that have clusters, and their buckets.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Outcome, Scope, Subject, Verdict};

use super::{AccountContext, Check, clusters_of, outcome};
use crate::{inventory::logs::Trail, node_pool::missing};

type OfClusters<'a> = BTreeMap<&'a str, (&'a Trail, BTreeSet<ClusterId>)>;

/// A trail of many Regions is shown by each and judged once.
pub(super) fn trails(
    entry: &Entry<Check>,
    account: &AccountContext<'_>,
    check: fn(&Trail, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    for (arn, (trail, clusters)) in of_clusters(entry, account, outcomes) {
        let scope = Scope { clusters: clusters.into_iter().collect(), ..account.scope() };
        outcomes.push(outcome(entry, Subject::aws(arn), scope, check(trail, account)));
    }
}

/// A bucket of several trails is judged once.
pub(super) fn buckets(
    entry: &Entry<Check>,
    account: &AccountContext<'_>,
    check: fn(&Trail, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let mut buckets = OfClusters::new();
    for (arn, (trail, clusters)) in of_clusters(entry, account, outcomes) {
        let Some(name) = &trail.s3_bucket_name else {
            let scope = Scope { clusters: clusters.into_iter().collect(), ..account.scope() };
            let gap = missing("cloudtrail:DescribeTrails", "S3BucketName");
            outcomes.push(outcome(entry, Subject::aws(arn), scope, Err(gap)));
            continue;
        };
        buckets.entry(name).or_insert((trail, BTreeSet::new())).1.extend(clusters);
    }
    for (name, (trail, clusters)) in buckets {
        let subject = Subject::aws(format!("arn:{}:s3:::{name}", account.account.partition));
        let scope = Scope { clusters: clusters.into_iter().collect(), ..account.scope() };
        outcomes.push(outcome(entry, subject, scope, check(trail, account)));
    }
}

fn of_clusters<'a>(
    entry: &Entry<Check>,
    account: &AccountContext<'a>,
    outcomes: &mut Vec<Outcome>,
) -> OfClusters<'a> {
    let mut found = OfClusters::new();
    for region in account.regions() {
        let ids = clusters_of(&region);
        if ids.is_empty() && region.region.clusters.gap().is_none() {
            continue;
        }
        let trails = region.region.clusters.known().and_then(|_| region.region.trails.known());
        let trails = match trails {
            Ok(trails) => trails,
            Err(gap) => {
                outcomes.push(outcome(entry, region.subject(), region.scope(ids), Err(gap)));
                continue;
            }
        };
        for it in
            trails.iter().filter(|it| it.is_multi_region_trail || it.home_region == region.name)
        {
            let (_, clusters) = found.entry(&it.trail_arn).or_insert((it, BTreeSet::new()));
            clusters.extend(ids.iter().cloned());
        }
    }
    found
}
