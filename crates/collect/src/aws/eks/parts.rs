//! EKS: node groups, profiles, add-ons, access entries, login and Pod Identity of a cluster.

use aws_sdk_eks::types::{self, IdentityProviderConfig};
use eksray_aws::inventory::eks::{
    AccessEntry, AccessEntryDescription, AccessPolicy, Addon, AddonDescription, FargateProfile,
    FargateProfileDescription, FargateSelector, IdentityProvider, IdentityProviderDescription,
    LaunchTemplateRef, Nodegroup, NodegroupDescription, PodIdentityAssociation,
    PodIdentityAssociationDescription, RemoteAccess,
};
use eksray_rule::Gap;
use futures::{future::join_all, join};

use crate::aws::{
    parse::{required, sorted, tags, timestamp},
    place::Place,
    read::Page,
};

pub(crate) async fn nodegroups(place: &Place, cluster: &str) -> Result<Vec<Nodegroup>, Gap> {
    let call = place.read("eks:ListNodegroups").all(
        |token| {
            let request = place.eks.list_nodegroups().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| Ok(Page { items: it.nodegroups.unwrap_or_default(), next: it.next_token }),
    );
    let names = sorted(call.await?, String::as_str);
    Ok(join_all(names.into_iter().map(|name| async move {
        let described = nodegroup(place, cluster, &name).await.into();
        Nodegroup { name, described }
    }))
    .await)
}

async fn nodegroup(place: &Place, cluster: &str, name: &str) -> Result<NodegroupDescription, Gap> {
    let call = place.read("eks:DescribeNodegroup").once(
        || place.eks.describe_nodegroup().cluster_name(cluster).nodegroup_name(name).send(),
        |it| {
            let it = required("nodegroup", it.nodegroup)?;
            let (groups, remote_group) = match it.resources {
                Some(it) => (it.auto_scaling_groups, it.remote_access_security_group),
                None => (None, None),
            };
            let groups = groups.unwrap_or_default();
            Ok(NodegroupDescription {
                status: it.status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
                subnets: it.subnets.unwrap_or_default(),
                node_role: it.node_role,
                ami_type: it.ami_type.map(|it| it.as_str().to_owned()),
                version: it.version,
                release_version: it.release_version,
                launch_template: it.launch_template.map(|it| LaunchTemplateRef {
                    id: it.id,
                    name: it.name,
                    version: it.version,
                }),
                auto_scaling_groups: groups.into_iter().filter_map(|it| it.name).collect(),
                health_issues: codes(it.health.and_then(|it| it.issues), |it| {
                    Some(it.code()?.as_str())
                }),
                remote_access: it.remote_access.map(|it| RemoteAccess {
                    ec2_ssh_key: it.ec2_ssh_key.filter(|it| !it.is_empty()),
                    source_security_groups: it.source_security_groups.unwrap_or_default(),
                }),
                remote_access_security_group: remote_group,
            })
        },
    );
    call.await
}

pub(crate) async fn fargate_profiles(
    place: &Place,
    cluster: &str,
) -> Result<Vec<FargateProfile>, Gap> {
    let call = place.read("eks:ListFargateProfiles").all(
        |token| {
            let request = place.eks.list_fargate_profiles().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| Ok(Page { items: it.fargate_profile_names.unwrap_or_default(), next: it.next_token }),
    );
    let names = sorted(call.await?, String::as_str);
    Ok(join_all(names.into_iter().map(|name| async move {
        let described = fargate_profile(place, cluster, &name).await.into();
        FargateProfile { name, described }
    }))
    .await)
}

async fn fargate_profile(
    place: &Place,
    cluster: &str,
    name: &str,
) -> Result<FargateProfileDescription, Gap> {
    let call = place.read("eks:DescribeFargateProfile").once(
        || {
            let request = place.eks.describe_fargate_profile().cluster_name(cluster);
            request.fargate_profile_name(name).send()
        },
        |it| {
            let it = required("fargateProfile", it.fargate_profile)?;
            Ok(FargateProfileDescription {
                status: it.status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
                pod_execution_role_arn: it.pod_execution_role_arn,
                subnets: it.subnets.unwrap_or_default(),
                selectors: it.selectors.unwrap_or_default().into_iter().map(selector).collect(),
                health_issues: codes(it.health.and_then(|it| it.issues), |it| {
                    Some(it.code()?.as_str())
                }),
            })
        },
    );
    call.await
}

fn selector(it: types::FargateProfileSelector) -> FargateSelector {
    FargateSelector { namespace: it.namespace.unwrap_or_default(), labels: tags(it.labels) }
}

/// Codes of health issues, those that this release does not know included.
pub(super) fn codes<T>(issues: Option<Vec<T>>, code: impl Fn(&T) -> Option<&str>) -> Vec<String> {
    let issues = issues.unwrap_or_default();
    let codes = issues.iter().filter_map(|it| code(it).map(str::to_owned));
    sorted(codes.collect(), String::as_str)
}

pub(crate) async fn addons(place: &Place, cluster: &str) -> Result<Vec<Addon>, Gap> {
    let call = place.read("eks:ListAddons").all(
        |token| {
            let request = place.eks.list_addons().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| Ok(Page { items: it.addons.unwrap_or_default(), next: it.next_token }),
    );
    let names = sorted(call.await?, String::as_str);
    Ok(join_all(names.into_iter().map(|name| async move {
        let described = addon(place, cluster, &name).await.into();
        Addon { name, described, ..Addon::default() }
    }))
    .await)
}

/// The configuration values come with the answer and are dropped here.
async fn addon(place: &Place, cluster: &str, name: &str) -> Result<AddonDescription, Gap> {
    let call = place.read("eks:DescribeAddon").once(
        || place.eks.describe_addon().cluster_name(cluster).addon_name(name).send(),
        |it| {
            let it = required("addon", it.addon)?;
            Ok(AddonDescription {
                addon_version: it.addon_version.unwrap_or_default(),
                status: it.status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
                service_account_role_arn: it.service_account_role_arn,
                health_issues: codes(it.health.and_then(|it| it.issues), |it| {
                    Some(it.code()?.as_str())
                }),
            })
        },
    );
    call.await
}

/// Not to be asked of a cluster in mode `CONFIG_MAP`: EKS refuses, and there are none.
pub(crate) async fn access_entries(place: &Place, cluster: &str) -> Result<Vec<AccessEntry>, Gap> {
    let call = place.read("eks:ListAccessEntries").all(
        |token| {
            let request = place.eks.list_access_entries().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| Ok(Page { items: it.access_entries.unwrap_or_default(), next: it.next_token }),
    );
    let principals = sorted(call.await?, String::as_str);
    Ok(join_all(principals.into_iter().map(|principal_arn| async move {
        let (described, policies) = join!(
            access_entry(place, cluster, &principal_arn),
            access_policies(place, cluster, &principal_arn),
        );
        AccessEntry { principal_arn, described: described.into(), policies: policies.into() }
    }))
    .await)
}

async fn access_entry(
    place: &Place,
    cluster: &str,
    principal: &str,
) -> Result<AccessEntryDescription, Gap> {
    let call = place.read("eks:DescribeAccessEntry").once(
        || {
            let request = place.eks.describe_access_entry().cluster_name(cluster);
            request.principal_arn(principal).send()
        },
        |it| {
            let it = required("accessEntry", it.access_entry)?;
            Ok(AccessEntryDescription {
                type_: required("type", it.r#type)?,
                username: it.username.unwrap_or_default(),
                kubernetes_groups: it.kubernetes_groups.unwrap_or_default(),
                created_at: timestamp(it.created_at.as_ref()),
            })
        },
    );
    call.await
}

async fn access_policies(
    place: &Place,
    cluster: &str,
    principal: &str,
) -> Result<Vec<AccessPolicy>, Gap> {
    let call = place.read("eks:ListAssociatedAccessPolicies").all(
        |token| {
            let request = place.eks.list_associated_access_policies().cluster_name(cluster);
            request.principal_arn(principal).max_results(100).set_next_token(token).send()
        },
        |it| {
            let mut items = Vec::new();
            for it in it.associated_access_policies.unwrap_or_default() {
                let scope = required("accessScope", it.access_scope)?;
                let type_ = required("accessScope.type", scope.r#type)?;
                items.push(AccessPolicy {
                    policy_arn: required("policyArn", it.policy_arn)?,
                    scope: type_.as_str().to_owned(),
                    namespaces: scope.namespaces.unwrap_or_default(),
                });
            }
            Ok(Page { items, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.policy_arn.as_str()))
}

pub(crate) async fn identity_providers(
    place: &Place,
    cluster: &str,
) -> Result<Vec<IdentityProvider>, Gap> {
    let call = place.read("eks:ListIdentityProviderConfigs").all(
        |token| {
            let request = place.eks.list_identity_provider_configs().cluster_name(cluster);
            request.max_results(100).set_next_token(token).send()
        },
        |it| {
            let items = it.identity_provider_configs.unwrap_or_default();
            Ok(Page { items, next: it.next_token })
        },
    );
    let configs = sorted(call.await?, |it| it.name.as_str());
    Ok(join_all(configs.into_iter().map(|config| async move {
        let described = identity_provider(place, cluster, &config).await.into();
        IdentityProvider { name: config.name, described }
    }))
    .await)
}

async fn identity_provider(
    place: &Place,
    cluster: &str,
    config: &IdentityProviderConfig,
) -> Result<IdentityProviderDescription, Gap> {
    let call = place.read("eks:DescribeIdentityProviderConfig").once(
        || {
            let request = place.eks.describe_identity_provider_config().cluster_name(cluster);
            request.identity_provider_config(config.clone()).send()
        },
        |it| {
            let it = it.identity_provider_config.and_then(|it| it.oidc);
            let it = required("identityProviderConfig.oidc", it)?;
            Ok(IdentityProviderDescription {
                arn: it.identity_provider_config_arn.unwrap_or_default(),
                issuer_url: required("issuerUrl", it.issuer_url)?,
                required_claims: tags(it.required_claims),
                username_prefix: it.username_prefix,
                groups_prefix: it.groups_prefix,
                status: it.status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            })
        },
    );
    call.await
}

pub(crate) async fn pod_identity_associations(
    place: &Place,
    cluster: &str,
) -> Result<Vec<PodIdentityAssociation>, Gap> {
    let call = place.read("eks:ListPodIdentityAssociations").all(
        |token| {
            let request = place.eks.list_pod_identity_associations().cluster_name(cluster);
            request.max_results(100).set_next_token(token).send()
        },
        |it| {
            let mut items = Vec::new();
            for it in it.associations.unwrap_or_default() {
                items.push(PodIdentityAssociation {
                    association_id: required("associationId", it.association_id)?,
                    namespace: required("namespace", it.namespace)?,
                    service_account: required("serviceAccount", it.service_account)?,
                    ..PodIdentityAssociation::default()
                });
            }
            Ok(Page { items, next: it.next_token })
        },
    );
    let associations = sorted(call.await?, |it| it.association_id.as_str());
    Ok(join_all(associations.into_iter().map(|mut it| async move {
        it.described = pod_identity_association(place, cluster, &it.association_id).await.into();
        it
    }))
    .await)
}

async fn pod_identity_association(
    place: &Place,
    cluster: &str,
    id: &str,
) -> Result<PodIdentityAssociationDescription, Gap> {
    let call = place.read("eks:DescribePodIdentityAssociation").once(
        || {
            let request = place.eks.describe_pod_identity_association().cluster_name(cluster);
            request.association_id(id).send()
        },
        |it| {
            let it = required("association", it.association)?;
            Ok(PodIdentityAssociationDescription {
                role_arn: required("roleArn", it.role_arn)?,
                target_role_arn: it.target_role_arn,
                policy: it.policy,
                disable_session_tags: it.disable_session_tags.unwrap_or_default(),
                external_id: it.external_id,
            })
        },
    );
    call.await
}
