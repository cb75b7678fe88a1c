//! What holds data of clusters, and the keys that it is encrypted with.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Fetched, Gap, Reason, Subject};

use crate::{
    RegionContext,
    inspect::items,
    inventory::{Tags, kms::Key},
    node_pool::{Pools, pools, tagged_clusters},
};

/// What AWS encrypts.
#[derive(Clone, Debug)]
pub struct Resource<'a> {
    /// Its ARN; the cluster for the data of its API server.
    pub subject: Subject,
    /// Clusters that it belongs to; none where that cannot be told from AWS.
    pub clusters: BTreeSet<ClusterId>,
    /// The key that it names; none for one that AWS owns.
    pub key: Option<&'a str>,
    /// What the API says where no key is named.
    pub keyless: &'static str,
}

/// Everything that is encrypted in a Region.
#[derive(Clone, Debug, Default)]
pub struct AtRest<'a> {
    /// Encrypted resources, those of clusters in several accounts or of none included.
    pub resources: Vec<Resource<'a>>,
    /// Why there may be more.
    pub gaps: Gaps,
}

/// Why a cluster, or else the whole Region, may have more than was found.
pub type Gaps = Vec<(Option<ClusterId>, Gap)>;

/// A key and what is encrypted with it.
#[derive(Clone, Debug)]
pub struct KeyUse<'a> {
    /// The key.
    pub key: &'a Key,
    /// What is encrypted with it.
    pub resources: Vec<&'a Resource<'a>>,
}

/// Everything encrypted that clusters of a Region may use. The gap is that clusters could not be listed.
///
/// Repositories and file systems belong to clusters by what runs there, which AWS does not know: a scan of
/// named clusters leaves them out.
pub fn at_rest<'a>(region: &RegionContext<'a>) -> Result<AtRest<'a>, Gap> {
    let clusters = region.region.clusters.known()?;
    let mut all = AtRest::default();
    if clusters.is_empty() {
        return Ok(all);
    }
    for cluster in clusters {
        let id = region.cluster_id(&cluster.name);
        match cluster.described.known() {
            Err(gap) => all.gaps.push((Some(id), gap)),
            Ok(it) => all.resources.extend(it.encryption_config.iter().filter_map(|it| {
                let (key, subject) = (it.key_arn.as_deref()?, Subject::cluster(&id));
                let clusters = BTreeSet::from([id.clone()]);
                Some(Resource { subject, clusters, key: Some(key), keyless: "" })
            })),
        }
    }
    volumes(region, &mut all)?;
    log_groups(region, &mut all);
    secrets(region, &mut all);
    if !region.account.narrowed {
        repositories(region, &mut all);
        file_systems(region, &mut all);
    }
    Ok(all)
}

/// The keys that everything encrypted in a Region names.
pub fn key_ids(region: &RegionContext<'_>) -> BTreeSet<String> {
    let resources = at_rest(region).map(|it| it.resources).unwrap_or_default();
    resources.into_iter().filter_map(|it| it.key.map(str::to_owned)).collect()
}

/// Volumes of nodes and claims, with their clusters.
pub(crate) fn cluster_volumes<'a>(
    region: &RegionContext<'a>,
    pools: &Pools<'a>,
) -> BTreeMap<&'a str, BTreeSet<ClusterId>> {
    let mut nodes: BTreeMap<&str, BTreeSet<&ClusterId>> = BTreeMap::new();
    for pool in &pools.pools {
        for instance in pool.instances.iter().flatten() {
            nodes.entry(&instance.instance_id).or_default().insert(&pool.cluster);
        }
    }
    let mut found = BTreeMap::new();
    for volume in items(&region.region.volumes) {
        let attached = volume.instance_ids.iter().filter_map(|it| nodes.get(it.as_str()));
        let mut owners: BTreeSet<ClusterId> = attached.flatten().map(|it| (*it).clone()).collect();
        let tagged = owners_by_tags(region, &volume.tags);
        let is_ours = !owners.is_empty() || tagged.is_some();
        owners.extend(tagged.unwrap_or_default());
        if is_ours {
            found.insert(volume.volume_id.as_str(), owners);
        }
    }
    found
}

/// Tags that the EBS driver sets where it was not told the cluster's name.
const CLAIM_TAGS: [&str; 2] = ["ebs.csi.aws.com/cluster", "kubernetes.io/created-for/pvc/name"];

/// Clusters that tags name; empty for a cluster that is gone or not named, none where no cluster in scope is meant.
pub(crate) fn owners_by_tags(
    region: &RegionContext<'_>,
    tags: &Tags,
) -> Option<BTreeSet<ClusterId>> {
    let listed = items(&region.region.clusters);
    let named = tagged_clusters(tags);
    let is_claim = CLAIM_TAGS.iter().any(|it| tags.contains_key(*it));
    if named.is_empty() && !is_claim {
        return None;
    }
    let known = listed.iter().filter(|it| named.contains(it.name.as_str()));
    let owners: BTreeSet<ClusterId> = known.map(|it| region.cluster_id(&it.name)).collect();
    (!owners.is_empty() || !region.account.narrowed).then_some(owners)
}

fn volumes<'a>(region: &RegionContext<'a>, all: &mut AtRest<'a>) -> Result<(), Gap> {
    let pools = pools(region)?;
    let owners = cluster_volumes(region, &pools);
    for volume in read(&region.region.volumes, all) {
        let clusters = owners.get(volume.volume_id.as_str());
        if let (Some(clusters), Some(key)) = (clusters, &volume.kms_key_id) {
            let arn = region.arn("ec2", &format!("volume/{}", volume.volume_id));
            let (clusters, key) = (clusters.clone(), Some(key.as_str()));
            all.resources.push(Resource { subject: Subject::aws(arn), clusters, key, keyless: "" });
        }
    }
    let gaps = pools.gaps.into_iter();
    all.gaps
        .extend(gaps.flat_map(|(id, gaps)| gaps.into_iter().map(move |it| (Some(id.clone()), it))));
    Ok(())
}

fn log_groups<'a>(region: &RegionContext<'a>, all: &mut AtRest<'a>) {
    for group in read(&region.region.log_groups, all) {
        let name = group.log_group_name.strip_prefix("/aws/eks/");
        let cluster = name.and_then(|it| it.split('/').next()).unwrap_or_default();
        if items(&region.region.clusters).iter().any(|it| it.name == cluster) {
            let arn = region.arn("logs", &format!("log-group:{}", group.log_group_name));
            all.resources.push(Resource {
                subject: Subject::aws(arn),
                clusters: BTreeSet::from([region.cluster_id(cluster)]),
                key: group.kms_key_id.as_deref(),
                keyless: "no kmsKeyId",
            });
        }
    }
}

fn secrets<'a>(region: &RegionContext<'a>, all: &mut AtRest<'a>) {
    for secret in read(&region.region.secrets, all) {
        if let Some(clusters) = owners_by_tags(region, &secret.tags) {
            let (subject, key) = (Subject::aws(&secret.arn), secret.kms_key_id.as_deref());
            all.resources.push(Resource { subject, clusters, key, keyless: "no KmsKeyId" });
        }
    }
}

fn repositories<'a>(region: &RegionContext<'a>, all: &mut AtRest<'a>) {
    for repository in read(&region.region.repositories, all) {
        let arn = region.arn("ecr", &format!("repository/{}", repository.repository_name));
        all.resources.push(Resource {
            subject: Subject::aws(arn),
            clusters: BTreeSet::new(),
            key: repository.kms_key.as_deref(),
            keyless: match repository.encryption_type.as_deref() {
                Some("AES256") | None => "encryptionType = AES256",
                Some(_) => "no kmsKey",
            },
        });
    }
}

fn file_systems<'a>(region: &RegionContext<'a>, all: &mut AtRest<'a>) {
    for file_system in read(&region.region.file_systems, all) {
        if let Some(key) = &file_system.kms_key_id {
            let id = format!("file-system/{}", file_system.file_system_id);
            all.resources.push(Resource {
                subject: Subject::aws(region.arn("elasticfilesystem", &id)),
                clusters: owners_by_tags(region, &file_system.tags).unwrap_or_default(),
                key: Some(key),
                keyless: "",
            });
        }
    }
}

/// The items of an answer; a service that does not exist in the Region has none.
fn read<'a, T>(answer: &'a Fetched<Vec<T>>, all: &mut AtRest<'_>) -> &'a [T] {
    match answer.known() {
        Ok(items) => items,
        Err(gap) => {
            if gap.reason != Reason::NotSupported {
                all.gaps.push((None, gap));
            }
            &[]
        }
    }
}
