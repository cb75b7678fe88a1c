//! What RBAC gives: from a Kubernetes identity to the cluster, or to other identities.

use std::collections::BTreeSet;

use eksray_kube::{
    inventory::rbac::RbacSubject,
    rbac::{
        Grant,
        power::{self, Power},
    },
};
use eksray_rule::Subject;

use super::Edges;
use crate::world::{ClusterView, World};

/// Impact of a cluster's administrator.
const CLUSTER_ADMIN: u32 = 90;

/// Rules whose pattern makes an administrator where the right holds everywhere or in `kube-system`, with points, what
/// it comes to, and the power without which the pattern is limited to names or to less.
const TO_ADMIN: [(&str, u32, &str, Option<Power>); 8] = [
    ("rbac-cluster-admin-bound", 5, "administrator by RBAC", None),
    ("rbac-creates-pods", 10, "starts pods as any account", None),
    ("rbac-accesses-secrets", 10, "reads every Secret", None),
    ("rbac-executes-in-pods", 10, "runs commands as any account", Some(Power::ExecutesInPods)),
    ("rbac-node-proxy", 5, "runs commands through kubelets", None),
    ("rbac-mints-tokens", 5, "gets tokens of any account", Some(Power::MintsTokens)),
    ("rbac-impersonates", 5, "acts as any account", None),
    ("rbac-grants-itself-rights", 5, "grants itself any right", None),
];

/// Rules whose pattern, in another namespace, makes no other account of it by itself.
const NOT_LOCAL: [&str; 2] = ["rbac-accesses-secrets", "rbac-node-proxy"];

/// Adds the rights of every subject of a binding.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    for view in &world.clusters {
        let admin = Subject::cluster(&view.id);
        edges.sink(admin.clone(), CLUSTER_ADMIN);
        if let Err(gap) = &view.kube {
            edges.gap(&view.id, gap.clone());
            continue;
        }
        view.rbac.gaps.iter().for_each(|gap| edges.gap(&view.id, gap.clone()));
        for grant in &view.rbac.grants {
            if let Err(gap) = &grant.rules {
                edges.gap(&view.id, gap.clone());
            }
            rights(world, view, grant, &admin, edges);
        }
        groups(view, edges);
    }
}

fn rights(
    world: &World<'_>,
    view: &ClusterView<'_>,
    grant: &Grant<'_>,
    admin: &Subject,
    edges: &mut Edges,
) {
    let binding = grant.subject_in(&view.id);
    let from = identity(view, &grant.subject);
    let namespace = grant.binding.metadata.namespace.as_str();
    let everywhere = namespace.is_empty() || namespace == "kube-system";
    let minor = view.kube.as_ref().ok().and_then(|it| it.minor().ok());
    let rules = grant.rules.as_ref().ok().and_then(Option::as_ref);
    let powers = rules.map(|it| power::powers(it, grant.reach(), minor)).unwrap_or_default();
    for (rule, cost, why, power) in TO_ADMIN {
        let Some(needs) = world.pattern(rule, &binding) else { continue };
        if power.is_some_and(|it| !powers.contains(&it)) {
            continue;
        }
        if everywhere {
            edges.step(&from, admin, cost, why, needs);
        } else if !NOT_LOCAL.contains(&rule) {
            becomes(view, &from, namespace, why, &needs, edges);
        }
    }
    if let Some(mut needs) = world.pattern("rbac-edits-system-configmaps", &binding) {
        let mode = view.described().ok().and_then(|it| it.authentication_mode.as_deref());
        if mode == Some("CONFIG_MAP") {
            needs.extend(world.needs("access-configmap-mode", admin));
        }
        if matches!(mode, Some("CONFIG_MAP" | "API_AND_CONFIG_MAP")) {
            edges.step(&from, admin, 5, "edits aws-auth", needs);
        }
    }
    if let Some(needs) = world.pattern("rbac-anonymous-bound", &binding) {
        let mut needs = needs;
        needs.extend(world.needs("eks-endpoint-open-to-internet", admin));
        let open = world.pattern("eks-endpoint-open-to-internet", admin).is_some();
        let answers = view.kube.as_ref().is_ok_and(|it| {
            it.version.known().is_ok_and(|it| it.minor().is_some_and(|it| it < 32))
        });
        if open && answers {
            let why = "anonymous requests to the public endpoint";
            edges.step(&Subject::internet(), &from, 0, why, needs);
        }
    }
}

/// Whoever starts pods in a namespace, or has a right as good, runs as any of its accounts.
fn becomes(
    view: &ClusterView<'_>,
    from: &Subject,
    namespace: &str,
    why: &str,
    needs: &BTreeSet<crate::graph::Finding>,
    edges: &mut Edges,
) {
    let Ok(kube) = &view.kube else { return };
    let accounts = match kube.service_accounts.known() {
        Ok(accounts) => accounts,
        Err(gap) => return edges.gap(&view.id, gap),
    };
    for account in accounts.iter().filter(|it| it.metadata.namespace == namespace) {
        let to = view.service_account(namespace, &account.metadata.name);
        if to != *from {
            edges.step(from, &to, 5, why, needs.clone());
        }
    }
}

/// Every account is a member of three groups.
fn groups(view: &ClusterView<'_>, edges: &mut Edges) {
    let Ok(kube) = &view.kube else { return };
    let bound: BTreeSet<&str> = view
        .rbac
        .grants
        .iter()
        .filter(|it| it.subject.kind == "Group")
        .map(|it| it.subject.name.as_str())
        .collect();
    for account in kube.service_accounts.known().map(Vec::as_slice).unwrap_or_default() {
        let namespace = &account.metadata.namespace;
        let own = format!("system:serviceaccounts:{namespace}");
        let from = view.service_account(namespace, &account.metadata.name);
        for group in ["system:authenticated", "system:serviceaccounts", own.as_str()] {
            if bound.contains(group) {
                let subject = RbacSubject {
                    kind: "Group".to_owned(),
                    name: group.to_owned(),
                    namespace: String::new(),
                };
                edges.step(&from, &identity(view, &subject), 0, "member", BTreeSet::new());
            }
        }
    }
}

/// The node of the graph that an RBAC subject is.
pub(crate) fn identity(view: &ClusterView<'_>, subject: &RbacSubject) -> Subject {
    let RbacSubject { kind, name, namespace } = subject;
    if kind == "ServiceAccount" {
        return view.service_account(namespace, name);
    }
    if let Some((namespace, name)) =
        name.strip_prefix("system:serviceaccount:").and_then(|it| it.split_once(':'))
    {
        return view.service_account(namespace, name);
    }
    Subject::object(&view.id, eksray_kube::rbac::GROUP, kind, "", name)
}
