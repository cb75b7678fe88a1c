//! Roles of nodes.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap};

use super::{Launch, NodePool, launch, pools};
use crate::{AccountContext, RegionContext, inventory::iam::Role};

/// ARNs of the roles that nodes hold or will hold, with their clusters, and what could not be read of that.
///
/// A role of a node group, of the instance profile of an instance or of a launch template, or of Auto Mode.
pub fn node_roles(
    account: &AccountContext<'_>,
) -> (BTreeMap<String, BTreeSet<ClusterId>>, Vec<Gap>) {
    let mut found = Roles::default();
    for region in account.regions() {
        let clusters = match region.region.clusters.known() {
            Ok(clusters) => clusters,
            Err(gap) => {
                found.gaps.push(gap);
                continue;
            }
        };
        for cluster in clusters {
            match cluster.described.known() {
                Ok(it) => {
                    let id = region.cluster_id(&cluster.name);
                    found.add(it.auto_mode_node_role_arn.as_ref(), &id);
                }
                Err(gap) => found.gaps.push(gap),
            }
        }
        let Ok(listed) = pools(&region) else { continue };
        found.gaps.extend(listed.gaps.into_values().flatten());
        listed.pools.iter().for_each(|it| of_pool(it, &region, &mut found));
    }
    found.gaps.sort();
    found.gaps.dedup();
    (found.roles, found.gaps)
}

#[derive(Default)]
struct Roles {
    roles: BTreeMap<String, BTreeSet<ClusterId>>,
    gaps: Vec<Gap>,
}

impl Roles {
    fn add(&mut self, arn: Option<&String>, cluster: &ClusterId) {
        if let Some(arn) = arn {
            self.roles.entry(arn.clone()).or_default().insert(cluster.clone());
        }
    }
}

fn of_pool(pool: &NodePool<'_>, region: &RegionContext<'_>, found: &mut Roles) {
    match &pool.nodegroup {
        Some(Ok(nodegroup)) => found.add(nodegroup.node_role.as_ref(), &pool.cluster),
        Some(Err(gap)) => found.gaps.push(gap.clone()),
        None => {}
    }
    let mut profiles: BTreeSet<&str> = BTreeSet::new();
    match &pool.instances {
        Ok(instances) => {
            profiles.extend(instances.iter().filter_map(|it| it.iam_instance_profile.as_deref()));
        }
        Err(gap) => found.gaps.push(gap.clone()),
    }
    // Node groups refuse a template with an instance profile; others launch with it.
    if pool.nodegroup.is_none() {
        match launch(pool, region) {
            Ok(Some(Launch::Template(it))) => profiles.extend(it.iam_instance_profile.as_deref()),
            Ok(_) => {}
            Err(gap) => found.gaps.push(gap),
        }
    }
    if profiles.is_empty() {
        return;
    }
    match region.account.account.iam.known() {
        Err(gap) => found.gaps.push(gap),
        Ok(iam) => {
            for profile in profiles {
                let role = iam.roles.iter().find(|it| has_profile(it, profile));
                found.add(role.map(|it| &it.arn), &pool.cluster);
            }
        }
    }
}

/// Whether a role hangs on an instance profile, given by ARN or by name.
fn has_profile(role: &Role, profile: &str) -> bool {
    role.instance_profiles.iter().any(|it| {
        it == profile
            || it.rsplit_once('/').is_some_and(|(_, name)| name == profile)
                && !profile.starts_with("arn:")
    })
}
