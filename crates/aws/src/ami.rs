//! Images of nodes: which ones AWS recommends for a node group, and how old the others are.

use std::{collections::BTreeSet, fmt};

use eksray_rule::{Gap, Judgement};
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::{
    RegionContext,
    inventory::{eks::NodegroupDescription, storage::Image},
    node_pool::{NodePool, missing, running},
};

/// The public parameter that holds the id of the recommended image; none for images of the owner and for types not known.
pub fn recommended(nodegroup: &NodegroupDescription) -> Option<String> {
    let (kind, version) = (nodegroup.ami_type.as_deref()?, nodegroup.version.as_deref()?);
    let eks = format!("/aws/service/eks/optimized-ami/{version}");
    if let Some(rest) = kind.strip_prefix("AL2023_") {
        let (machine, variant) = machine(rest)?;
        let variant = variant.to_ascii_lowercase();
        return Some(format!("{eks}/amazon-linux-2023/{machine}/{variant}/recommended/image_id"));
    }
    if let Some(rest) = kind.strip_prefix("BOTTLEROCKET_") {
        let (machine, variant) = machine(rest)?;
        let variant = if variant.is_empty() { String::new() } else { format!("-{variant}") };
        let variant = variant.to_ascii_lowercase().replace('_', "-");
        let name = format!("aws-k8s-{version}{variant}");
        return Some(format!("/aws/service/bottlerocket/{name}/{machine}/latest/image_id"));
    }
    if let Some(rest) = kind.strip_prefix("WINDOWS_") {
        let (option, year) = rest.strip_suffix("_x86_64")?.split_once('_')?;
        let option = if option == "CORE" { "Core" } else { "Full" };
        let name = format!("Windows_Server-{year}-English-{option}-EKS_Optimized-{version}");
        return Some(format!("/aws/service/ami-windows-latest/{name}/image_id"));
    }
    let name = match kind {
        "AL2_x86_64" => "amazon-linux-2",
        "AL2_x86_64_GPU" => "amazon-linux-2-gpu",
        "AL2_ARM_64" => "amazon-linux-2-arm64",
        _ => return None,
    };
    Some(format!("{eks}/{name}/recommended/image_id"))
}

/// `ARM_64_STANDARD` is of machine `arm64` and variant `STANDARD`.
fn machine(kind: &str) -> Option<(&'static str, &str)> {
    let (machine, variant) = match kind.strip_prefix("ARM_64") {
        Some(variant) => ("arm64", variant),
        None => ("x86_64", kind.strip_prefix("x86_64")?),
    };
    Some((machine, variant.trim_start_matches('_')))
}

/// An image or a release with the time it was made.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    what: String,
    made: Timestamp,
}

impl Dated {
    /// An image by its `creationDate`.
    pub(crate) fn of(image: &Image) -> Result<Self, Gap> {
        let what = format!("{} ({})", image.image_id, image.name);
        let unread =
            || missing("ec2:DescribeImages", &format!("creationDate of {}", image.image_id));
        Ok(Self { what, made: image.creation_date.ok_or_else(unread)? })
    }

    /// Fails where it is more than `ami_lag` behind another.
    pub(crate) fn behind(&self, newest: &Self, region: &RegionContext<'_>) -> Judgement {
        let most = region.account.settings.ami_lag;
        let days = days(self.made, newest.made);
        let fact = || format!("{self} is {days} days behind {newest}, more than {most}");
        Judgement::of((days > i64::from(most)).then(fact).into_iter().collect())
    }

    /// Fails where it is older than `ami_max_age`.
    pub(crate) fn old(&self, region: &RegionContext<'_>) -> Judgement {
        let most = region.account.settings.ami_max_age;
        let days = days(self.made, region.account.now);
        let fact = || format!("{self} is {days} days old, more than {most}");
        Judgement::of((days > i64::from(most)).then(fact).into_iter().collect())
    }
}

fn days(from: Timestamp, to: Timestamp) -> i64 {
    to.duration_since(from).as_hours() / 24
}

impl fmt::Display for Dated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.what, self.made.strftime("%F"))
    }
}

/// What AWS recommends by a parameter; none where the parameter does not exist (any more).
pub(crate) fn newest(parameter: &str, region: &RegionContext<'_>) -> Result<Option<Dated>, Gap> {
    let parameters = region.region.systems_manager.recommended_images.known()?;
    let Some(id) = parameters.get(parameter) else { return Ok(None) };
    let image = region.region.images.known()?.iter().find(|it| it.image_id == *id);
    let image = image.ok_or_else(|| missing("ec2:DescribeImages", id))?;
    match date(&image.name) {
        Some(made) => {
            Ok(Some(Dated { what: format!("{} ({})", image.image_id, image.name), made }))
        }
        None => Dated::of(image).map(Some),
    }
}

/// The release of a managed node group; where it tells no date, as for Bottlerocket, the images of its running instances.
pub(crate) fn dated(
    pool: &NodePool<'_>,
    nodegroup: &NodegroupDescription,
    region: &RegionContext<'_>,
) -> Result<Vec<Dated>, Gap> {
    let release = nodegroup.release_version.as_deref().unwrap_or_default();
    if let Some(made) = date(release) {
        return Ok(vec![Dated { what: format!("releaseVersion {release}"), made }]);
    }
    let images = images(pool, region)?.into_iter();
    images.map(|it| Dated::of(it.map_err(|id| missing("ec2:DescribeImages", id))?)).collect()
}

/// The date at the end of a release or an image name of EKS: `1.33.1-20260210`, `1.33-2026.02.10`, `…-v20260210`.
fn date(text: &str) -> Option<Timestamp> {
    let last = |length: usize| text.get(text.len().checked_sub(length)?..);
    let parse = |length, format| Date::strptime(format, last(length)?).ok();
    let written = parse(10, "%Y.%m.%d").or_else(|| parse(10, "%Y-%m-%d"));
    let date = written.or_else(|| parse(8, "%Y%m%d")).filter(|it| it.year() >= 2018)?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// The images that running instances of a pool were launched from; by its id one that EC2 does not return any more.
pub(crate) fn images<'a>(
    pool: &NodePool<'a>,
    region: &RegionContext<'a>,
) -> Result<Vec<Result<&'a Image, &'a str>>, Gap> {
    let ids: BTreeSet<&str> = running(pool)?.iter().map(|it| it.image_id.as_str()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    if ids.contains("") {
        return Err(missing("ec2:DescribeInstances", "imageId"));
    }
    let all = region.region.images.known()?;
    Ok(ids.into_iter().map(|id| all.iter().find(|it| it.image_id == id).ok_or(id)).collect())
}

/// Whether AWS or its owner withdrew an image.
pub(crate) fn retired(image: &Image, region: &RegionContext<'_>) -> Judgement {
    let mut facts = Vec::new();
    if matches!(image.state.as_str(), "deregistered" | "disabled") {
        facts.push(format!("{}: State = {}", image.image_id, image.state));
    }
    if let Some(end) = image.deprecation_time.filter(|it| *it < region.account.now) {
        facts.push(format!("{}: DeprecationTime = {}", image.image_id, end.strftime("%F")));
    }
    Judgement::of(facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_image_has_its_parameter() {
        let parameter = |ami_type: &str| {
            let (ami_type, version) = (Some(ami_type.to_owned()), Some("1.33".to_owned()));
            recommended(&NodegroupDescription { ami_type, version, ..Default::default() })
        };
        for (kind, wanted) in [
            (
                "AL2023_x86_64_STANDARD",
                "eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended",
            ),
            (
                "AL2023_ARM_64_NVIDIA",
                "eks/optimized-ami/1.33/amazon-linux-2023/arm64/nvidia/recommended",
            ),
            ("AL2_x86_64_GPU", "eks/optimized-ami/1.33/amazon-linux-2-gpu/recommended"),
            ("BOTTLEROCKET_ARM_64", "bottlerocket/aws-k8s-1.33/arm64/latest"),
            ("BOTTLEROCKET_x86_64_NVIDIA", "bottlerocket/aws-k8s-1.33-nvidia/x86_64/latest"),
            ("BOTTLEROCKET_ARM_64_FIPS", "bottlerocket/aws-k8s-1.33-fips/arm64/latest"),
            (
                "WINDOWS_FULL_2022_x86_64",
                "ami-windows-latest/Windows_Server-2022-English-Full-EKS_Optimized-1.33",
            ),
        ] {
            assert_eq!(parameter(kind), Some(format!("/aws/service/{wanted}/image_id")), "{kind}");
        }
        assert_eq!(parameter("CUSTOM"), None);
        assert_eq!(parameter("AL2099_RISCV"), None);
    }

    #[test]
    fn releases_and_names_end_in_a_date() {
        let wanted: Timestamp = "2026-02-10T00:00:00Z".parse().unwrap();
        for text in [
            "1.33.1-20260210",
            "1.33-2026.02.10",
            "1.35-2026-02-10",
            "amazon-eks-node-al2023-x86_64-standard-1.33-v20260210",
        ] {
            assert_eq!(date(text), Some(wanted), "{text}");
        }
        for text in ["", "1.47.0-6154605b", "ami-0a1b2c3d4e5f60132", "1.47.0-2026021b", "éé026021é"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
