//! Whether a grant makes its principal cluster administrator.

use eksray_aws::inventory::eks::AccessPolicy;
use eksray_kube::{inventory::rbac::RbacSubject, rbac::power};
use eksray_rule::Gap;

use super::{AccessGrant, Identity, Source, fits, is_account};
use crate::world::ClusterView;

/// What makes the principal cluster administrator, if something does; the gap is that nothing proves or excludes it.
///
/// The cluster administrator policy at cluster scope, group `system:masters`, or a user name or group that a
/// `ClusterRoleBinding` gives `cluster-admin` or a role as wide.
pub fn is_cluster_admin(
    grant: &AccessGrant<'_>,
    view: &ClusterView<'_>,
) -> Result<Option<String>, Gap> {
    let parts = [by_policy(grant), by_masters(grant), by_binding(grant, view)];
    let mut gap = None;
    for part in parts {
        match part {
            Ok(Some(fact)) => return Ok(Some(fact)),
            Ok(None) => {}
            Err(it) => drop(gap.get_or_insert(it)),
        }
    }
    gap.map_or(Ok(None), Err)
}

fn by_policy(grant: &AccessGrant<'_>) -> Result<Option<String>, Gap> {
    let admin =
        |it: &&AccessPolicy| it.name() == "AmazonEKSClusterAdminPolicy" && it.scope == "cluster";
    let policies = grant.policies.clone()?;
    let fact = |it: &AccessPolicy| format!("access policy {} at scope cluster", it.name());
    Ok(policies.iter().find(admin).map(fact))
}

fn by_masters(grant: &AccessGrant<'_>) -> Result<Option<String>, Gap> {
    let identity = grant.identity.clone()?;
    let masters = identity.groups.iter().find(|it| fits(it, "system:masters"));
    Ok(masters.map(|it| format!("{} has group {it}", grant.written())))
}

fn by_binding(grant: &AccessGrant<'_>, view: &ClusterView<'_>) -> Result<Option<String>, Gap> {
    let identity = grant.identity.clone()?;
    let kube = view.kube.clone()?;
    let mut gap = kube.cluster_role_bindings.gap().cloned();
    for it in view.rbac.grants.iter().filter(|it| it.binding.is_cluster_wide()) {
        if !is_subject(grant, identity, &it.subject) {
            continue;
        }
        let role = it.binding.role_ref.name.as_str();
        let wide = match &it.rules {
            _ if role == "cluster-admin" => true,
            Ok(rules) => rules.as_ref().is_some_and(|it| power::is_everything(it)),
            Err(it) => {
                gap.get_or_insert_with(|| it.clone());
                continue;
            }
        };
        if wide {
            let (kind, name) = (it.subject.kind.to_lowercase(), &it.subject.name);
            let binding = &it.binding.metadata.name;
            return Ok(Some(format!(
                "ClusterRoleBinding {binding} gives {kind} {name} ClusterRole {role}"
            )));
        }
    }
    gap.map_or(Ok(None), Err)
}

fn is_subject(grant: &AccessGrant<'_>, identity: Identity<'_>, subject: &RbacSubject) -> bool {
    match (subject.kind.as_str(), grant.source) {
        ("User", Source::Account(account)) => is_account(&subject.name, account),
        ("User", _) => fits(identity.username, &subject.name),
        ("Group", _) => {
            let own = identity.groups.iter().any(|it| fits(it, &subject.name));
            own || subject.name == "system:authenticated"
        }
        _ => false,
    }
}
