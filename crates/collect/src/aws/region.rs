//! Reads one Region: everything at once that does not wait for something else.

use eksray_aws::inventory::{Region, eks::Cluster};
use eksray_rule::{Fetched, Gap, Reason};
use futures::join;
use tokio::sync::mpsc::UnboundedSender;

use super::{
    autoscaling, certificates, ec2,
    ec2::network,
    eks, elb, guardduty, logs,
    logs::TrailsRead,
    place::Place,
    start::{Identity, Session},
};
use crate::{ClusterAccess, Event};

/// What Regions share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) session: Session,
    pub(crate) identity: Identity,
    pub(crate) trails: TrailsRead,
    pub(crate) access: UnboundedSender<ClusterAccess>,
}

impl Shared {
    /// A Region of the account.
    pub(crate) fn place(&self, region: &str) -> Place {
        Place::of(&self.session, &self.identity, region)
    }
}

/// Reads a Region. One without clusters in scope costs two calls, made one after the other.
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
        let (clusters, groups, standing) = join!(
            eks::clusters(place, names, &shared.access),
            autoscaling::groups(place),
            ec2::standing_versions(place),
        );
        let from_clusters = clusters.iter().flat_map(pinned_by_nodegroups);
        let from_groups = groups.iter().flatten().filter_map(|it| it.launch_template.clone());
        let pins: Vec<_> = from_clusters.chain(from_groups).collect();
        let versions = match standing {
            Ok(standing) => ec2::with_pinned(place, standing, pins).await,
            Err(gap) => Err(gap),
        };
        (clusters, groups, versions)
    };
    let balancers = async {
        let balancers = elb::load_balancers(place, names).await;
        let certificates = certificates::shown(place, &balancers).await;
        (balancers, certificates)
    };
    let watch = async {
        join!(
            logs::log_groups(place),
            logs::trails(place, shared),
            logs::event_data_stores(place),
            guardduty::guardduty(place),
        )
    };
    let (
        (clusters, groups, versions),
        cluster_versions,
        instances,
        interfaces,
        network,
        configurations,
        (load_balancers, certificates),
        (log_groups, trails, stores, guardduty),
    ) = join!(
        nodes,
        eks::cluster_versions(place),
        ec2::instances(place),
        ec2::interfaces(place),
        network::network(place),
        autoscaling::launch_configurations(place),
        balancers,
        watch,
    );
    Region {
        clusters: Fetched::read(clusters),
        cluster_versions: cluster_versions.into(),
        instances: instances.into(),
        network_interfaces: interfaces.into(),
        security_groups: network.groups.into(),
        prefix_lists: network.prefix_lists.into(),
        subnets: network.subnets.into(),
        vpcs: network.vpcs.into(),
        block_public_access_exclusions: network.exclusions.into(),
        vpc_endpoints: network.endpoints.into(),
        route_tables: network.route_tables.into(),
        network_acls: network.acls.into(),
        launch_template_versions: versions.into(),
        auto_scaling_groups: groups.into(),
        launch_configurations: configurations.into(),
        load_balancers: load_balancers.into(),
        certificates,
        log_groups: log_groups.into(),
        trails: trails.into(),
        event_data_stores: stores.into(),
        detectors: guardduty.detectors.into(),
        runtime_coverage: guardduty.coverage.into(),
    }
}

fn pinned_by_nodegroups(
    cluster: &Cluster,
) -> impl Iterator<Item = eksray_aws::inventory::eks::LaunchTemplateRef> {
    let groups = cluster.nodegroups.known().into_iter().flatten();
    let described = groups.filter_map(|it| it.described.known().ok());
    described.filter_map(|it| it.launch_template.clone())
}

/// A Region without clusters in scope, which rules skip. Its event data stores are asked for alone:
/// one that records every Region is listed in its own Region only.
async fn empty(place: &Place) -> Region {
    let gap = Gap {
        call: "eks:ListClusters".to_owned(),
        reason: Reason::NotCollected,
        detail: "no cluster of this Region is in scope".to_owned(),
    };
    Region {
        clusters: Fetched::read(Vec::new()),
        event_data_stores: logs::event_data_stores(place).await.into(),
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
        log_groups: it(gap),
        trails: it(gap),
        event_data_stores: it(gap),
        detectors: it(gap),
        runtime_coverage: it(gap),
    }
}
