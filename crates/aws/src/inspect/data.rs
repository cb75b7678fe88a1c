//! Subjects that hold data: keys, what they encrypt, and what may be shared.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Gap, Judgement, Outcome, Subject, Verdict, any};

use super::{Check, RegionContext, clusters_of, outcome};
use crate::{
    at_rest::{AtRest, Gaps, KeyUse, Resource, at_rest},
    copies::copies,
    inventory::{
        kms::Key,
        storage::{Image, Snapshot},
    },
    node_pool::missing,
};

/// Something of the account that others may be allowed to copy.
#[derive(Clone, Copy, Debug)]
pub enum Shareable<'a> {
    /// A snapshot of a disk of nodes or claims that everybody may make volumes from.
    Snapshot(&'a Snapshot),
    /// An image of the account that nodes run.
    Image(&'a Image),
}

pub(super) fn keys(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&KeyUse<'_>, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let AtRest { resources, gaps } = match at_rest(region) {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    let mut uses: BTreeMap<Subject, (Result<&Key, Gap>, Vec<&Resource<'_>>)> = BTreeMap::new();
    for resource in &resources {
        let Some(id) = resource.key else { continue };
        let key = key(region, id);
        let arn = arn(region, id, key.as_ref().ok().copied());
        uses.entry(arn).or_insert_with(|| (key, Vec::new())).1.push(resource);
    }
    for (subject, (key, resources)) in uses {
        let clusters: BTreeSet<_> = resources.iter().flat_map(|it| it.clusters.clone()).collect();
        let verdict = key.and_then(|key| check(&KeyUse { key, resources }, region));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, verdict));
    }
    unknown(entry, region, gaps, outcomes);
}

pub(super) fn encrypted(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&Resource<'_>, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    if !region.account.settings.customer_keys {
        let off = Ok(Judgement::not_applicable("`customer_keys` is off: nobody asked"));
        let verdict = region.region.clusters.known().and(off);
        let clusters = clusters_of(region);
        if verdict.is_err() || !clusters.is_empty() {
            let scope = region.scope(clusters);
            outcomes.push(outcome(entry, region.subject(), scope, verdict));
        }
        return;
    }
    let AtRest { resources, gaps } = match at_rest(region) {
        Ok(found) => found,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    for resource in resources {
        let (verdict, clusters) = (check(&resource, region), resource.clusters);
        let scope = region.scope(clusters.into_iter().collect());
        // A cluster names a key of its owner or none.
        if !clusters_of(region).iter().any(|it| Subject::cluster(it) == resource.subject) {
            outcomes.push(outcome(entry, resource.subject, scope, verdict));
        }
    }
    unknown(entry, region, gaps, outcomes);
}

/// A key as a resource names it.
pub(crate) fn key<'a>(region: &RegionContext<'a>, id: &str) -> Result<&'a Key, Gap> {
    let keys = region.region.keys.known()?;
    keys.iter().find(|it| it.key_id == id).ok_or_else(|| missing("kms:DescribeKey", id))
}

fn arn(region: &RegionContext<'_>, id: &str, key: Option<&Key>) -> Subject {
    let described = key.and_then(|it| it.described.known().ok()).map(|it| it.arn.as_str());
    match described {
        Some(arn) if !arn.is_empty() => Subject::aws(arn),
        _ if id.starts_with("arn:") => Subject::aws(id),
        _ if id.starts_with("alias/") => Subject::aws(region.arn("kms", id)),
        _ => Subject::aws(region.arn("kms", &format!("key/{id}"))),
    }
}

pub(super) fn shareables(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(Shareable<'_>, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let copies = match copies(region) {
        Ok(copies) => copies,
        Err(gap) => return unlisted(entry, region, gap, outcomes),
    };
    let images = copies.images.into_values().map(|(it, clusters)| (Shareable::Image(it), clusters));
    let snapshots = copies.snapshots.into_iter();
    let snapshots = snapshots.map(|(it, clusters)| (Shareable::Snapshot(it), clusters));
    for (shareable, clusters) in images.chain(snapshots) {
        let resource = match shareable {
            Shareable::Image(it) => format!("image/{}", it.image_id),
            Shareable::Snapshot(it) => format!("snapshot/{}", it.snapshot_id),
        };
        // Both have no account in their ARNs.
        let partition = &region.account.account.partition;
        let subject = Subject::aws(format!("arn:{partition}:ec2:{}::{resource}", region.name));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, check(shareable, region)));
    }
    unknown(entry, region, copies.gaps, outcomes);
}

fn unlisted(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    gap: Gap,
    outcomes: &mut Vec<Outcome>,
) {
    outcomes.push(outcome(entry, region.subject(), region.scope(Vec::new()), Err(gap)));
}

/// One outcome for every cluster, and for the Region, that may have more than is listed.
fn unknown(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    gaps: Gaps,
    outcomes: &mut Vec<Outcome>,
) {
    let mut of: BTreeMap<Option<ClusterId>, Vec<Gap>> = BTreeMap::new();
    for (cluster, gap) in gaps {
        of.entry(cluster).or_default().push(gap);
    }
    for (cluster, gaps) in of {
        let verdict = any(gaps.into_iter().map(Err));
        let (subject, clusters) = match cluster {
            Some(id) => (Subject::cluster(&id), vec![id]),
            None => (region.subject(), clusters_of(region)),
        };
        outcomes.push(outcome(entry, subject, region.scope(clusters), verdict));
    }
}
