//! The EKS version calendar: what `eks:DescribeClusterVersions` says, else the dated table shipped with the release.

use eksray_rule::{Gap, Reason};
use jiff::Timestamp;
use serde::Deserialize;

use crate::{RegionContext, inventory::eks::ClusterVersion, node_pool::missing};

/// The calendar entry of a version.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The entry; none for a version older than all that are listed.
    pub(crate) version: Option<ClusterVersion>,
    /// Oldest version listed.
    pub(crate) oldest: String,
    /// Where the table shipped with the release stands in: how old it is, in words, and why.
    pub(crate) stand_in: Option<(String, Gap)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Table {
    as_of: Timestamp,
    versions: Vec<ClusterVersion>,
}

/// Looks a version up. The gap: neither the API nor a table younger than `calendar_max_age` knows it.
pub(crate) fn look_up(region: &RegionContext<'_>, version: &str) -> Result<Entry, Gap> {
    match region.region.cluster_versions.known() {
        Ok(listed) if !listed.is_empty() => entry(listed, version, None),
        Ok(_) => shipped(region, version, missing("eks:DescribeClusterVersions", version)),
        Err(gap) => shipped(region, version, gap),
    }
}

fn shipped(region: &RegionContext<'_>, version: &str, gap: Gap) -> Result<Entry, Gap> {
    let Table { as_of, versions } = table();
    let days = region.account.now.duration_since(as_of).as_hours() / 24;
    if days > i64::from(region.account.settings.calendar_max_age) {
        return Err(gap);
    }
    let date = as_of.strftime("%F");
    entry(&versions, version, Some((format!("calendar of {date}, {days} days old"), gap)))
}

fn entry(
    listed: &[ClusterVersion],
    version: &str,
    stand_in: Option<(String, Gap)>,
) -> Result<Entry, Gap> {
    let unlisted = || match &stand_in {
        Some((_, gap)) => gap.clone(),
        None => missing("eks:DescribeClusterVersions", version),
    };
    let wanted = parse(version)?;
    let mut oldest = None;
    for it in listed {
        let Ok(number) = parse(&it.cluster_version) else { continue };
        oldest = Some(oldest.unwrap_or(number).min(number));
    }
    let found = listed.iter().find(|it| parse(&it.cluster_version) == Ok(wanted));
    let Some(oldest) = oldest.filter(|it| found.is_some() || wanted < *it) else {
        return Err(unlisted());
    };
    let oldest = format!("{}.{}", oldest.0, oldest.1);
    Ok(Entry { version: found.cloned(), oldest, stand_in })
}

fn parse(version: &str) -> Result<(u32, u32), Gap> {
    let numbers = version.split_once('.');
    let numbers = numbers.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    numbers.ok_or_else(|| Gap {
        call: "eks:DescribeCluster".to_owned(),
        reason: Reason::Malformed,
        detail: format!("version `{version}`"),
    })
}

fn table() -> Table {
    serde_json::from_str(include_str!("../data/eks-versions.json"))
        .expect("the calendar in the source tree is read by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_is_complete_and_in_order() {
        let Table { as_of, versions } = table();
        let numbers: Vec<_> =
            versions.iter().map(|it| parse(&it.cluster_version).unwrap()).collect();
        assert_eq!(numbers, (23..=36).map(|minor| (1, minor)).collect::<Vec<_>>());
        for version in &versions {
            let (standard, extended) =
                (version.end_of_standard_support_date, version.end_of_extended_support_date);
            assert!(standard < extended || version.version_status.is_some());
        }
        assert!(as_of > "2026-01-01T00:00:00Z".parse().unwrap());
    }
}
