//! EKS: clusters and what hangs on them; `parts` reads what is listed per cluster.

pub(crate) mod addon_versions;
mod capabilities;
mod insights;
mod parts;

use aws_sdk_eks::types;
use base64::{Engine, engine::general_purpose::STANDARD};
use eksray_aws::inventory::eks::{Cluster, ClusterDescription, ClusterVersion, EncryptionConfig};
use eksray_rule::{ClusterId, Gap, Reason};
use futures::{future::join_all, join};
use tokio::sync::mpsc::UnboundedSender;

use super::{
    parse::{ranges, required, sorted, tags, timestamp},
    place::Place,
    read::{Page, Parsed},
};
use crate::ClusterAccess;

/// `eks:ListClusters`: the names of the Region's own clusters, not of those registered from outside.
pub(crate) async fn cluster_names(place: &Place) -> Result<Vec<String>, Gap> {
    let call = place.read("eks:ListClusters").all(
        |token| place.eks.list_clusters().max_results(100).set_next_token(token).send(),
        |it| Ok(Page { items: it.clusters.unwrap_or_default(), next: it.next_token }),
    );
    Ok(sorted(call.await?, String::as_str))
}

/// Every cluster as far as it can be read. Each is sent to `access` as soon as it is described.
pub(crate) async fn clusters(
    place: &Place,
    names: &[String],
    access: &UnboundedSender<ClusterAccess>,
) -> Vec<Cluster> {
    join_all(names.iter().map(|it| cluster(place, it, access))).await
}

async fn cluster(place: &Place, name: &str, access: &UnboundedSender<ClusterAccess>) -> Cluster {
    let described = async {
        let described = describe(place, name).await;
        if let Ok((_, access_to)) = &described {
            // Nobody listens when Kubernetes is not to be read.
            let _ = access.send(access_to.clone());
        }
        let described = described.map(|(it, _)| it);
        let entries = match &described {
            Ok(it) if it.authentication_mode.as_deref() == Some("CONFIG_MAP") => Ok(Vec::new()),
            Ok(_) => parts::access_entries(place, name).await,
            // EKS refuses the request in mode `CONFIG_MAP`. What is missing then is the mode.
            Err(gap) => parts::access_entries(place, name).await.map_err(|it| match it.reason {
                Reason::Malformed => gap.clone(),
                _ => it,
            }),
        };
        (described, entries)
    };
    let (
        (described, access_entries),
        nodegroups,
        fargate_profiles,
        addons,
        identity_providers,
        pod_identity_associations,
        capabilities,
        insights,
    ) = join!(
        described,
        parts::nodegroups(place, name),
        parts::fargate_profiles(place, name),
        parts::addons(place, name),
        parts::identity_providers(place, name),
        parts::pod_identity_associations(place, name),
        capabilities::capabilities(place, name),
        insights::insights(place, name),
    );
    Cluster {
        name: name.to_owned(),
        described: described.into(),
        nodegroups: nodegroups.into(),
        fargate_profiles: fargate_profiles.into(),
        addons: addons.into(),
        access_entries: access_entries.into(),
        identity_providers: identity_providers.into(),
        pod_identity_associations: pod_identity_associations.into(),
        capabilities: capabilities.into(),
        insights: insights.into(),
    }
}

async fn describe(place: &Place, name: &str) -> Result<(ClusterDescription, ClusterAccess), Gap> {
    let call = place.read("eks:DescribeCluster").once(
        || place.eks.describe_cluster().name(name).send(),
        |it| {
            let cluster = required("cluster", it.cluster)?;
            let access = access(place, name, &cluster)?;
            Ok((description(cluster)?, access))
        },
    );
    call.await
}

fn access(place: &Place, name: &str, cluster: &types::Cluster) -> Parsed<ClusterAccess> {
    let authority = cluster.certificate_authority().and_then(|it| it.data());
    let authority = authority
        .map(|it| STANDARD.decode(it).map_err(|_| "certificateAuthority does not parse".to_owned()))
        .transpose()?;
    let vpc = cluster.resources_vpc_config();
    Ok(ClusterAccess {
        id: ClusterId(required("arn", cluster.arn.clone())?),
        name: name.to_owned(),
        region: place.region.clone(),
        partition: place.partition.clone(),
        endpoint: cluster.endpoint.clone().filter(|it| !it.is_empty()),
        certificate_authority: authority,
        credentials: place.signed.credentials.clone(),
        private_only: vpc.is_some_and(|it| endpoints(it) == (false, true)),
    })
}

/// Public and private endpoint access. EKS refuses to switch both off, so two times false is two times absent:
/// the defaults.
fn endpoints(vpc: &types::VpcConfigResponse) -> (bool, bool) {
    match (vpc.endpoint_public_access, vpc.endpoint_private_access) {
        (false, false) => (true, false),
        given => given,
    }
}

fn description(it: types::Cluster) -> Parsed<ClusterDescription> {
    // Clusters registered from outside have no VPC of ours.
    let connected = it.connector_config.is_some();
    let vpc = match it.resources_vpc_config {
        None if !connected => return Err("no resourcesVpcConfig in the answer".to_owned()),
        vpc => vpc,
    };
    let (public, private) = vpc.as_ref().map_or((true, false), endpoints);
    let vpc = vpc.unwrap_or_else(|| types::VpcConfigResponse::builder().build());
    let logs = it.logging.and_then(|it| it.cluster_logging).unwrap_or_default();
    let enabled = logs.into_iter().filter(|it| it.enabled == Some(true));
    let enabled = enabled.flat_map(|it| it.types.unwrap_or_default());
    let enabled = enabled.map(|it| it.as_str().to_owned()).collect();
    let access = it.access_config;
    let compute = it.compute_config;
    let remote = it.remote_network_config;
    let nodes = remote.iter().flat_map(|it| it.remote_node_networks.iter().flatten());
    let pods = remote.iter().flat_map(|it| it.remote_pod_networks.iter().flatten());
    let nodes = nodes.flat_map(|it| it.cidrs.iter().flatten());
    let pods = pods.flat_map(|it| it.cidrs.iter().flatten());
    Ok(ClusterDescription {
        arn: required("arn", it.arn)?,
        version: it.version.unwrap_or_default(),
        status: required("status", it.status)?.as_str().to_owned(),
        created_at: timestamp(it.created_at.as_ref()),
        role_arn: it.role_arn,
        tags: tags(it.tags),
        endpoint_public_access: public,
        endpoint_private_access: private,
        public_access_cidrs: ranges(vpc.public_access_cidrs().iter().map(String::as_str))?,
        vpc_id: vpc.vpc_id,
        subnet_ids: vpc.subnet_ids.unwrap_or_default(),
        security_group_ids: vpc.security_group_ids.unwrap_or_default(),
        cluster_security_group_id: vpc.cluster_security_group_id,
        authentication_mode: access
            .as_ref()
            .and_then(|it| it.authentication_mode())
            .map(|it| it.as_str().to_owned()),
        bootstrap_creator_admin: access
            .and_then(|it| it.bootstrap_cluster_creator_admin_permissions),
        enabled_logs: sorted(enabled, String::as_str),
        oidc_issuer: it.identity.and_then(|it| it.oidc).and_then(|it| it.issuer),
        auto_mode: compute.as_ref().is_some_and(|it| it.enabled == Some(true)),
        auto_mode_node_role_arn: compute.and_then(|it| it.node_role_arn),
        remote_networks: ranges(nodes.chain(pods).map(String::as_str))?,
        health_issues: parts::codes(it.health.and_then(|it| it.issues), |it| {
            Some(it.code()?.as_str())
        }),
        connected,
        on_outpost: it.outpost_config.is_some(),
        support_type: it
            .upgrade_policy
            .and_then(|it| it.support_type)
            .map(|it| it.as_str().to_owned()),
        encryption_config: it
            .encryption_config
            .unwrap_or_default()
            .into_iter()
            .map(encryption)
            .collect(),
        deletion_protection: it.deletion_protection,
    })
}

#[expect(deprecated, reason = "clusters before 1.28 encrypt what it names, and no more")]
fn encryption(it: types::EncryptionConfig) -> EncryptionConfig {
    let key_arn = it.provider.and_then(|it| it.key_arn).filter(|it| !it.is_empty());
    EncryptionConfig { resources: it.resources.unwrap_or_default(), key_arn }
}

/// `eks:DescribeClusterVersions`: the whole calendar, versions that are no longer supported included.
pub(crate) async fn cluster_versions(place: &Place) -> Result<Vec<ClusterVersion>, Gap> {
    let call = place.read("eks:DescribeClusterVersions").all(
        |token| {
            let request = place.eks.describe_cluster_versions().include_all(true);
            request.max_results(100).set_next_token(token).send()
        },
        |it| {
            let versions = it.cluster_versions.unwrap_or_default().into_iter();
            let items = versions.map(|it| {
                Ok(ClusterVersion {
                    cluster_version: required("clusterVersion", it.cluster_version)?,
                    version_status: it.version_status.map(|it| it.as_str().to_owned()),
                    end_of_standard_support_date: timestamp(
                        it.end_of_standard_support_date.as_ref(),
                    ),
                    end_of_extended_support_date: timestamp(
                        it.end_of_extended_support_date.as_ref(),
                    ),
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.cluster_version.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vpc() -> aws_sdk_eks::types::builders::VpcConfigResponseBuilder {
        types::VpcConfigResponse::builder()
    }

    fn cluster() -> aws_sdk_eks::types::builders::ClusterBuilder {
        types::Cluster::builder()
            .arn("arn:aws:eks:eu-west-1:111122223333:cluster/shop")
            .status(types::ClusterStatus::Active)
    }

    #[test]
    fn absent_endpoint_flags_have_the_documented_defaults() {
        assert_eq!(endpoints(&vpc().build()), (true, false));
        assert_eq!(endpoints(&vpc().endpoint_private_access(true).build()), (false, true));
        assert_eq!(endpoints(&vpc().endpoint_public_access(true).build()), (true, false));
    }

    #[test]
    fn every_enabled_log_setup_counts() {
        let setup = |types: &[types::LogType], on| {
            types::LogSetup::builder().set_types(Some(types.to_vec())).enabled(on).build()
        };
        let logging = types::Logging::builder()
            .cluster_logging(setup(&[types::LogType::Scheduler], false))
            .cluster_logging(setup(&[types::LogType::Authenticator], true))
            .cluster_logging(setup(&[types::LogType::Api, types::LogType::Audit], true))
            .build();
        let cluster = cluster().resources_vpc_config(vpc().build()).logging(logging).build();
        assert_eq!(description(cluster).unwrap().enabled_logs, ["api", "audit", "authenticator"]);
    }

    #[test]
    fn a_range_that_does_not_parse_makes_the_description_malformed() {
        let vpc = vpc().public_access_cidrs("10.0.0.0/8").public_access_cidrs("everywhere").build();
        let error = description(cluster().resources_vpc_config(vpc).build()).unwrap_err();
        assert_eq!(error, "`everywhere` does not parse");
    }

    #[test]
    fn only_clusters_from_outside_may_lack_a_vpc() {
        assert!(description(cluster().build()).is_err());
        let connector = types::ConnectorConfigResponse::builder().provider("OTHER").build();
        assert!(description(cluster().connector_config(connector).build()).unwrap().connected);
    }
}
