//! EKS: capabilities of a cluster.

use std::collections::BTreeMap;

use aws_sdk_eks::types;
use eksray_aws::inventory::eks::{ArgoCd, Capability, CapabilityDescription};
use eksray_rule::Gap;
use futures::future::join_all;

use super::parts::codes;
use crate::aws::{
    parse::{required, sorted},
    place::Place,
    read::Page,
};

pub(crate) async fn capabilities(place: &Place, cluster: &str) -> Result<Vec<Capability>, Gap> {
    let call = place.read("eks:ListCapabilities").all(
        |token| {
            let request = place.eks.list_capabilities().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| {
            let items = it.capabilities.unwrap_or_default().into_iter();
            let names = items.map(|it| required("capabilityName", it.capability_name));
            Ok(Page { items: names.collect::<Result<_, _>>()?, next: it.next_token })
        },
    );
    let names = sorted(call.await?, String::as_str);
    Ok(join_all(names.into_iter().map(|name| async move {
        let described = capability(place, cluster, &name).await.into();
        Capability { name, described }
    }))
    .await)
}

async fn capability(
    place: &Place,
    cluster: &str,
    name: &str,
) -> Result<CapabilityDescription, Gap> {
    let call = place.read("eks:DescribeCapability").once(
        || {
            let request = place.eks.describe_capability().cluster_name(cluster);
            request.capability_name(name).send()
        },
        |it| {
            let it = required("capability", it.capability)?;
            Ok(CapabilityDescription {
                type_: required("type", it.r#type)?.as_str().to_owned(),
                role_arn: required("roleArn", it.role_arn)?,
                status: required("status", it.status)?.as_str().to_owned(),
                health_issues: codes(it.health.and_then(|it| it.issues), |it| {
                    Some(it.code()?.as_str())
                }),
                argo_cd: it.configuration.and_then(|it| it.argo_cd).map(argo_cd),
            })
        },
    );
    call.await
}

/// Of the identities only their number is kept.
fn argo_cd(it: types::ArgoCdConfigResponse) -> ArgoCd {
    let mut identities: BTreeMap<String, usize> = BTreeMap::new();
    for mapping in it.rbac_role_mappings.unwrap_or_default() {
        *identities.entry(mapping.role.as_str().to_owned()).or_default() +=
            mapping.identities.len();
    }
    ArgoCd {
        vpce_ids: it.network_access.and_then(|it| it.vpce_ids).unwrap_or_default(),
        server_url: it.server_url.filter(|it| !it.is_empty()),
        identities,
    }
}
