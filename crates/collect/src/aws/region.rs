//! Reads one Region: everything at once that does not wait for something else.

use eksray_aws::{
    AccountContext, RegionContext, at_rest, copies,
    inventory::{Account, Region, eks::Cluster, storage::EbsDefaults},
};
use eksray_rule::{Fetched, Gap, Reason, Settings};
use futures::{future::join_all, join};
use jiff::Timestamp;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    autoscaling, certificates, config, ec2,
    ec2::{network, storage},
    eks,
    eks::addon_versions,
    elb, guardduty, inspector, kms, log_groups, logs,
    logs::{BucketsRead, TrailsRead},
    nodes::{self, Nodes},
    place::Place,
    start::{Identity, Session},
    stores,
};
use crate::{ClusterAccess, Event};

/// What Regions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    pub(crate) trails: TrailsRead,
    pub(crate) buckets: BucketsRead,
    pub(crate) access: UnboundedSender<ClusterAccess>,
}

impl Shared {
    /// A Region of the account.
    pub(crate) fn place(&self, region: &str) -> Place {
        Place::of(&self.session, &self.identity, region)
    }
}

/// Reads a Region. One without clusters in scope costs three calls, two of them at once.
pub(crate) async fn region(shared: &Shared, name: &str) -> Region {
    let place = &shared.place(name);
    let progress = &place.reader.run.progress;
    let region = match eks::cluster_names(place).await {
        Err(gap) => unread(&gap),
        Ok(names) => {
            let names = in_scope(names, place, &shared.session.options.clusters);
            progress.tell(Event::Clusters { region: name.to_owned(), names: names.clone() });
            match names.as_slice() {
                [] => empty(place).await,
                names => Box::pin(full(place, shared, names)).await,
            }
        }
    };
    progress.tell(Event::RegionDone(name.to_owned()));
    region
}

fn in_scope(names: Vec<String>, place: &Place, wanted: &[String]) -> Vec<String> {
    let Place { partition, region, account, .. } = place;
    let is_wanted = |name: &String| {
        let arn = format!("arn:{partition}:eks:{region}:{account}:cluster/{name}");
        wanted.is_empty() || wanted.contains(name) || wanted.contains(&arn)
    };
    names.into_iter().filter(is_wanted).collect()
}

async fn full(place: &Place, shared: &Shared, names: &[String]) -> Region {
    let nodes = async {
        let (clusters, groups, standing, instances, interfaces) = join!(
            eks::clusters(place, names, &shared.access),
            autoscaling::groups(place),
            ec2::standing_versions(place),
            ec2::instances(place),
            ec2::interfaces(place),
        );
        let from_clusters = clusters.iter().flat_map(pinned_by_nodegroups);
        let from_groups = groups.iter().flatten().filter_map(|it| it.launch_template.clone());
        let pins: Vec<_> = from_clusters.chain(from_groups).collect();
        let mut region = Region {
            clusters: Fetched::read(clusters),
            auto_scaling_groups: groups.into(),
            instances: instances.into(),
            network_interfaces: interfaces.into(),
            ..Region::default()
        };
        let nodes = seen(place, shared, &region, Nodes::of);
        let versions = async {
            match standing {
                Ok(standing) => ec2::with_pinned(place, standing, pins).await,
                Err(gap) => Err(gap),
            }
        };
        let clusters = region.clusters.known_mut().map(Vec::as_mut_slice).unwrap_or_default();
        let (versions, about, ()) = join!(
            versions,
            nodes::about(place, &nodes),
            addon_versions::add_addon_versions(place, clusters),
        );
        Region {
            launch_template_versions: versions.into(),
            images: about.images,
            inspector: about.inspector,
            systems_manager: about.systems_manager,
            ..region
        }
    };
    let balancers = async {
        let balancers = elb::load_balancers(place, names).await;
        let certificates = certificates::shown(place, &balancers).await;
        (balancers, certificates)
    };
    let watch = async {
        join!(
            log_groups::logs(place, names),
            logs::trails(place, shared),
            logs::event_data_stores(place),
            guardduty::guardduty(place),
            config::recorders(place),
        )
    };
    let data = async {
        join!(
            storage::volumes(place),
            storage::public_snapshots(place),
            storage::defaults(place),
            stores::repositories(place),
            stores::file_systems(place),
            stores::secrets(place),
        )
    };
    let (
        region,
        cluster_versions,
        network,
        configurations,
        (load_balancers, certificates),
        (logs, trails, stores, guardduty, recorders),
        (volumes, snapshots, ebs_defaults, repositories, file_systems, secrets),
    ) = join!(
        nodes,
        eks::cluster_versions(place),
        network::network(place),
        autoscaling::launch_configurations(place),
        balancers,
        watch,
        data,
    );
    let mut region = Region {
        cluster_versions: cluster_versions.into(),
        security_groups: network.groups.into(),
        prefix_lists: network.prefix_lists.into(),
        subnets: network.subnets.into(),
        vpcs: network.vpcs.into(),
        block_public_access_exclusions: network.exclusions.into(),
        vpc_endpoints: network.endpoints.into(),
        route_tables: network.route_tables.into(),
        network_acls: network.acls.into(),
        launch_configurations: configurations.into(),
        load_balancers: load_balancers.into(),
        certificates,
        flow_logs: logs.flow_logs.into(),
        log_groups: logs.groups.into(),
        log_resource_policies: logs.policies.into(),
        alarms: logs.alarms.into(),
        configuration_recorders: recorders.into(),
        trails: trails.into(),
        event_data_stores: stores.into(),
        detectors: guardduty.detectors.into(),
        runtime_coverage: guardduty.coverage.into(),
        guardduty_findings: guardduty.findings.into(),
        volumes: volumes.into(),
        public_snapshots: snapshots.into(),
        ebs_defaults,
        repositories: repositories.into(),
        file_systems: file_systems.into(),
        secrets: secrets.into(),
        ..region
    };
    of_clusters(place, shared, &mut region).await;
    region
}

/// Asks about keys and snapshots of clusters, which only the other answers tell.
async fn of_clusters(place: &Place, shared: &Shared, region: &mut Region) {
    let keys = seen(place, shared, region, at_rest::key_ids);
    let shared_ids = seen(place, shared, region, copies::snapshot_ids);
    let (keys, users) = join!(
        kms::keys(place, &keys),
        join_all(shared_ids.iter().map(|id| storage::snapshot_users(place, id))),
    );
    region.keys = Fetched::read(keys);
    let users = shared_ids.iter().zip(users);
    for (id, users) in users {
        let snapshots = region.public_snapshots.known_mut().into_iter().flatten();
        snapshots
            .filter(|it| it.snapshot_id == *id)
            .for_each(|it| it.user_ids = users.clone().into());
    }
}

/// Looks at a Region as rules will, to learn what else is to be asked.
fn seen<T>(
    place: &Place,
    shared: &Shared,
    region: &Region,
    look: impl FnOnce(&RegionContext<'_>) -> T,
) -> T {
    let (id, partition) = (place.account.clone(), place.partition.clone());
    let account = Account { id, partition, ..Account::default() };
    let account = AccountContext {
        account: &account,
        settings: &Settings::default(),
        now: Timestamp::UNIX_EPOCH,
        narrowed: !shared.session.options.clusters.is_empty(),
    };
    look(&account.region(&place.region, region))
}

fn pinned_by_nodegroups(
    cluster: &Cluster,
) -> impl Iterator<Item = eksray_aws::inventory::eks::LaunchTemplateRef> {
    let groups = cluster.nodegroups.known().into_iter().flatten();
    let described = groups.filter_map(|it| it.described.known().ok());
    described.filter_map(|it| it.launch_template.clone())
}

/// A Region without clusters in scope, which rules skip. Asked for alone is what may count for other Regions too:
/// its event data stores, one of which may record every Region, and its recorders, one of which may record IAM.
async fn empty(place: &Place) -> Region {
    let gap = Gap {
        call: "eks:ListClusters".to_owned(),
        reason: Reason::NotCollected,
        detail: "no cluster of this Region is in scope".to_owned(),
    };
    let (stores, recorders) = join!(logs::event_data_stores(place), config::recorders(place));
    Region {
        clusters: Fetched::read(Vec::new()),
        event_data_stores: stores.into(),
        configuration_recorders: recorders.into(),
        ..unread(&gap)
    }
}

/// A Region of which nothing is known, for one reason.
pub(crate) fn unread(gap: &Gap) -> Region {
    fn it<T>(gap: &Gap) -> Fetched<T> {
        Fetched::unread(gap.clone())
    }
    Region {
        clusters: it(gap),
        cluster_versions: it(gap),
        instances: it(gap),
        network_interfaces: it(gap),
        security_groups: it(gap),
        prefix_lists: it(gap),
        subnets: it(gap),
        vpcs: it(gap),
        block_public_access_exclusions: it(gap),
        vpc_endpoints: it(gap),
        route_tables: it(gap),
        network_acls: it(gap),
        launch_template_versions: it(gap),
        auto_scaling_groups: it(gap),
        launch_configurations: it(gap),
        load_balancers: it(gap),
        certificates: Vec::new(),
        flow_logs: it(gap),
        log_groups: it(gap),
        log_resource_policies: it(gap),
        alarms: it(gap),
        configuration_recorders: it(gap),
        trails: it(gap),
        event_data_stores: it(gap),
        detectors: it(gap),
        runtime_coverage: it(gap),
        guardduty_findings: it(gap),
        images: it(gap),
        inspector: inspector::unread(gap),
        systems_manager: nodes::unread(gap),
        volumes: it(gap),
        public_snapshots: it(gap),
        ebs_defaults: EbsDefaults {
            encryption_by_default: it(gap),
            snapshot_block_public_access: it(gap),
            image_block_public_access: it(gap),
        },
        repositories: it(gap),
        file_systems: it(gap),
        secrets: it(gap),
        keys: it(gap),
    }
}
