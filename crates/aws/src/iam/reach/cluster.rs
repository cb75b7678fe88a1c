//! Roles that EKS itself tells of.

use eksray_rule::{Fetched, Gap};

use super::{Place, Reach, Route, Start, Via, sure};
use crate::{RegionContext, iam::Answer, inventory::eks::Cluster};

/// Roles that EKS itself tells of.
pub(super) fn add(
    cluster: &Cluster,
    region: &RegionContext<'_>,
    starts: &mut Vec<Start>,
    reach: &mut Reach<'_>,
) {
    if cluster.described.known().is_ok_and(|it| it.connected) {
        return;
    }
    let id = region.cluster_id(&cluster.name);
    let mut gaps = Vec::new();
    let mut start = |arn: &str, route: Route| starts.push((arn.to_owned(), id.clone(), route));
    match cluster.pod_identity_associations.known() {
        Err(gap) => gaps.push(gap),
        Ok(associations) => {
            for association in associations {
                match association.described.known() {
                    Err(gap) => gaps.push(gap),
                    Ok(it) => {
                        let via = Via::PodIdentity(
                            association.namespace.clone(),
                            association.service_account.clone(),
                        );
                        let route = Route { via, session: it.policy.clone(), answer: Answer::Yes };
                        it.target_role_arn.iter().for_each(|arn| start(arn, route.clone()));
                        start(&it.role_arn, route);
                    }
                }
            }
        }
    }
    each(
        &cluster.addons,
        &mut gaps,
        |it| &it.described,
        |addon, it| {
            let via = Via::Addon(addon.name.clone());
            it.service_account_role_arn.iter().for_each(|arn| start(arn, sure(via.clone())));
        },
    );
    each(
        &cluster.capabilities,
        &mut gaps,
        |it| &it.described,
        |capability, it| {
            start(&it.role_arn, sure(Via::Capability(capability.name.clone())));
        },
    );
    each(
        &cluster.fargate_profiles,
        &mut gaps,
        |it| &it.described,
        |profile, it| {
            let via = Via::Fargate(profile.name.clone());
            it.pod_execution_role_arn.iter().for_each(|arn| start(arn, sure(via.clone())));
        },
    );
    gaps.extend(cluster.described.gap().cloned());
    for gap in gaps {
        reach.gap(Place::Cluster(id.clone()), gap);
    }
}

/// Visits the items of a list that were described; gaps of the others are noted.
fn each<T, D>(
    list: &Fetched<Vec<T>>,
    gaps: &mut Vec<Gap>,
    described: impl Fn(&T) -> &Fetched<D>,
    mut visit: impl FnMut(&T, &D),
) {
    match list.known() {
        Err(gap) => gaps.push(gap),
        Ok(list) => {
            for item in list {
                match described(item).known() {
                    Err(gap) => gaps.push(gap),
                    Ok(it) => visit(item, it),
                }
            }
        }
    }
}
