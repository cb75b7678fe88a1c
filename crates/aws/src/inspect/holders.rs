//! Who holds the roles of an account.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap};

use super::Holder;
use crate::{
    RegionContext,
    iam::{Answer, Estate, Policies, Request, Target, decide, reach::Place},
    inventory::eks::Cluster,
};

/// Roles by ARN with the clusters that they matter to, and where more may be.
#[derive(Default)]
pub(super) struct Held {
    pub(super) roles: BTreeMap<String, BTreeSet<ClusterId>>,
    pub(super) gaps: BTreeMap<Place, Gap>,
}

pub(super) fn held(estate: &Estate<'_>, kinds: &[Holder]) -> Held {
    let mut found = Held::default();
    for kind in kinds {
        match kind {
            Holder::Cluster => reached(estate, &mut found),
            Holder::Pusher => pushers(estate, &mut found),
            Holder::ControlPlane => each_cluster(estate, &mut found, control_plane),
            Holder::Fargate => each_cluster(estate, &mut found, fargate),
            Holder::AccessEntry => each_cluster(estate, &mut found, entries),
        }
    }
    found
}

fn reached(estate: &Estate<'_>, found: &mut Held) {
    for (arn, reached) in &estate.reach.roles {
        found.roles.entry((*arn).to_owned()).or_default().extend(reached.clusters.clone());
    }
    for (place, gap) in &estate.reach.gaps {
        found.gaps.entry(place.clone()).or_insert_with(|| gap.clone());
    }
}

/// What a push to a registry takes.
pub(crate) const PUSH: [&str; 4] =
    ["ecr:PutImage", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"];

/// Whether a role may push to some repository.
fn pushes(policies: &Policies) -> bool {
    PUSH.iter().all(|action| {
        let resource = Target::Any("*");
        let request = Request { action, resource, context: &policies.context };
        decide(policies, &request).answer != Answer::No
    })
}

fn pushers(estate: &Estate<'_>, found: &mut Held) {
    let Ok(library) = &estate.library else { return };
    for (role, _) in library.trusts.roles.values() {
        if pushes(&library.of_role(role, &[])) {
            found.roles.entry(role.arn.clone()).or_default();
        }
    }
}

type Roles<'a> = Result<Vec<&'a str>, Gap>;

fn each_cluster(
    estate: &Estate<'_>,
    found: &mut Held,
    roles: for<'a> fn(&'a Cluster) -> Roles<'a>,
) {
    for region in estate.context.regions() {
        match region.region.clusters.known() {
            Err(gap) => _ = found.gaps.entry(Place::Region(region.name.to_owned())).or_insert(gap),
            Ok(clusters) => clusters.iter().for_each(|it| of_cluster(it, &region, found, roles)),
        }
    }
}

fn of_cluster(
    cluster: &Cluster,
    region: &RegionContext<'_>,
    found: &mut Held,
    roles: for<'a> fn(&'a Cluster) -> Roles<'a>,
) {
    let id = region.cluster_id(&cluster.name);
    if cluster.described.known().is_ok_and(|it| it.connected) {
        return;
    }
    match roles(cluster) {
        Err(gap) => _ = found.gaps.entry(Place::Cluster(id)).or_insert(gap),
        Ok(roles) => {
            for arn in roles {
                found.roles.entry(arn.to_owned()).or_default().insert(id.clone());
            }
        }
    }
}

fn control_plane(cluster: &Cluster) -> Roles<'_> {
    Ok(cluster.described.known()?.role_arn.iter().map(String::as_str).collect())
}

fn fargate(cluster: &Cluster) -> Roles<'_> {
    let mut roles = Vec::new();
    for profile in cluster.fargate_profiles.known()? {
        roles.extend(profile.described.known()?.pod_execution_role_arn.as_deref());
    }
    Ok(roles)
}

fn entries(cluster: &Cluster) -> Roles<'_> {
    let entries = cluster.access_entries.known()?.iter();
    let principals = entries.map(|it| it.principal_arn.as_str());
    Ok(principals.filter(|it| it.contains(":role/")).collect())
}
