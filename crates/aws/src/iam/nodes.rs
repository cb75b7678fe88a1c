//! Roles of nodes.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap};

use super::reach::each;
use crate::{
    AccountContext,
    inventory::{ec2::Instance, iam::Role},
};

/// ARNs of the roles that nodes hold, with their clusters, and what could not be read of that.
pub fn node_roles(
    context: &AccountContext<'_>,
) -> (BTreeMap<String, BTreeSet<ClusterId>>, Vec<Gap>) {
    let mut roles: BTreeMap<String, BTreeSet<ClusterId>> = BTreeMap::new();
    let mut gaps = Vec::new();
    let mut add = |arn: &str, id: &ClusterId| {
        roles.entry(arn.to_owned()).or_default().insert(id.clone());
    };
    for region in context.regions() {
        let clusters = match region.region.clusters.known() {
            Ok(clusters) => clusters,
            Err(gap) => {
                gaps.push(gap);
                continue;
            }
        };
        for cluster in clusters {
            let id = region.cluster_id(&cluster.name);
            match cluster.described.known() {
                Err(gap) => gaps.push(gap),
                Ok(it) if it.connected => continue,
                Ok(it) => it.auto_mode_node_role_arn.iter().for_each(|arn| add(arn, &id)),
            }
            each(
                &cluster.nodegroups,
                &mut gaps,
                |it| &it.described,
                |_, it| {
                    it.node_role.iter().for_each(|arn| add(arn, &id));
                },
            );
            match region.region.instances.known() {
                Err(gap) => gaps.push(gap),
                Ok(instances) => {
                    let of_cluster = instances.iter().filter(|it| is_node_of(it, &cluster.name));
                    let profiles: BTreeSet<&str> =
                        of_cluster.filter_map(|it| it.iam_instance_profile.as_deref()).collect();
                    for profile in profiles {
                        let iam = match context.account.iam.known() {
                            Ok(iam) => iam,
                            Err(gap) => {
                                gaps.push(gap);
                                continue;
                            }
                        };
                        let holds =
                            |it: &&Role| it.instance_profiles.iter().any(|it| it == profile);
                        iam.roles.iter().filter(holds).for_each(|it| add(&it.arn, &id));
                    }
                }
            }
        }
    }
    gaps.sort();
    gaps.dedup();
    (roles, gaps)
}

fn is_node_of(instance: &Instance, cluster: &str) -> bool {
    let tag = |key: &str| instance.tags.get(key).is_some_and(|it| it == cluster);
    tag("eks:cluster-name")
        || tag("aws:eks:cluster-name")
        || tag("eks:eks-cluster-name")
        || instance.tags.contains_key(&format!("kubernetes.io/cluster/{cluster}"))
}
