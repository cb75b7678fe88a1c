//! Bindings that come with the cluster, and add-ons that need what the rules flag: dated data.

use std::{collections::BTreeMap, sync::OnceLock};

use eksray_rule::Gap;
use serde::Deserialize;

use super::{
    GROUP, Grant, Rules, edits,
    power::{self, Reach},
    request::covers,
};
use crate::inventory::{
    Kube,
    rbac::{PolicyRule, RbacSubject, Role},
    workload::Workload,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Defaults {
    date: String,
    cluster_role_bindings: BTreeMap<String, Vec<String>>,
    controllers: Vec<String>,
    role_bindings: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    roles: BTreeMap<String, Vec<PolicyRule>>,
    admin: Vec<PolicyRule>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ByDesign {
    date: String,
    add_ons: Vec<AddOn>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddOn {
    name: String,
    accounts: Vec<String>,
    images: Vec<String>,
    rules: Vec<PolicyRule>,
}

/// An unreadable catalogue excuses nothing; a test keeps the shipped ones readable.
fn defaults() -> &'static Defaults {
    static DEFAULTS: OnceLock<Defaults> = OnceLock::new();
    DEFAULTS.get_or_init(|| {
        serde_saphyr::from_str(include_str!("../../data/default-rbac.yaml")).unwrap_or_default()
    })
}

fn by_design_add_ons() -> &'static ByDesign {
    static ADD_ONS: OnceLock<ByDesign> = OnceLock::new();
    ADD_ONS.get_or_init(|| {
        serde_saphyr::from_str(include_str!("../../data/by-design-rbac.yaml")).unwrap_or_default()
    })
}

/// The days on which the two catalogues were last gone through: default bindings, add-ons.
pub fn dates() -> (&'static str, &'static str) {
    (&defaults().date, &by_design_add_ons().date)
}

/// Whether Kubernetes or EKS makes this binding with this role and this subject. A subject that somebody added
/// to such a binding is none of theirs.
pub fn is_default(grant: &Grant<'_>) -> bool {
    let (metadata, role) = (&grant.binding.metadata, grant.binding.role_ref.name.as_str());
    let name = metadata.name.as_str();
    let listed = |bindings: &BTreeMap<String, Vec<String>>| {
        bindings.get(name).and_then(|it| it.split_first()).is_some_and(|(expected, subjects)| {
            expected == role && short(&grant.subject).is_some_and(|it| subjects.contains(&it))
        })
    };
    match metadata.namespace.as_str() {
        "" => listed(&defaults().cluster_role_bindings) || is_controller(grant) || is_eks(grant),
        namespace => {
            defaults().role_bindings.get(namespace).is_some_and(listed)
                || namespace == "kube-system" && is_eks(grant)
        }
    }
}

/// `system:controller:<name>` for its own account.
fn is_controller(grant: &Grant<'_>) -> bool {
    let (binding, subject) = (grant.binding, &grant.subject);
    let name = binding.metadata.name.strip_prefix("system:controller:");
    binding.metadata.name == binding.role_ref.name
        && name.is_some_and(is_controller_account)
        && short(subject).and_then(|it| it.strip_prefix("s:").map(str::to_owned)).as_deref() == name
}

/// Whether an account of `kube-system` is one of the controllers' of the control plane.
pub fn is_controller_account(name: &str) -> bool {
    defaults().controllers.iter().any(|it| it == name)
}

/// An `eks:` role for an `eks:` user: EKS refuses access entries whose user name starts so.
fn is_eks(grant: &Grant<'_>) -> bool {
    let names = [&grant.binding.metadata.name, &grant.binding.role_ref.name, &grant.subject.name];
    grant.subject.kind == "User" && names.iter().all(|it| it.starts_with("eks:"))
}

/// Whether a binding is one that Kubernetes or EKS makes, and a subject one that it does not ship with.
///
/// An add-on's binding without any subject that it ships with is another one of the same name.
pub fn is_added(grant: &Grant<'_>) -> bool {
    let (binding, Defaults { cluster_role_bindings, role_bindings, .. }) =
        (grant.binding, defaults());
    let (name, role) = (binding.metadata.name.as_str(), binding.role_ref.name.as_str());
    let (bindings, everywhere) = match binding.metadata.namespace.as_str() {
        "" => (cluster_role_bindings, true),
        namespace => match role_bindings.get(namespace) {
            Some(bindings) => (bindings, false),
            None => return false,
        },
    };
    if is_default(grant) {
        return false;
    }
    if let Some((expected, subjects)) = bindings.get(name).and_then(|it| it.split_first()) {
        let own =
            name == "cluster-admin" || name.starts_with("system:") || name.starts_with("eks:");
        let ships = |it: &RbacSubject| short(it).is_some_and(|it| subjects.contains(&it));
        return expected == role && (own || binding.subjects.iter().any(ships));
    }
    let eks = || {
        let RbacSubject { kind, name, namespace } = &grant.subject;
        let theirs = ["eks:", "system:"].iter().any(|it| name.starts_with(it));
        !theirs && (kind != "ServiceAccount" || namespace != "kube-system")
    };
    let controller = name.strip_prefix("system:controller:").unwrap_or_default();
    everywhere && name == role && is_controller_account(controller)
        || name.starts_with("eks:") && role.starts_with("eks:") && eks()
}

/// What a ClusterRole holds beyond what it ships with; none for roles of which the catalogue does not know that.
pub fn extra_rules(role: &Role) -> Option<Vec<&PolicyRule>> {
    let shipped: Rules<'_> = defaults().roles.get(&role.metadata.name)?.iter().collect();
    Some(role.rules.iter().filter(|it| !covers(&shipped, it)).collect())
}

/// Writes, and access to Secrets, that a role adds to the default role that aggregates it and does not have them. Kinds
/// of an add-on are its own to give to `edit` and `admin`.
pub fn added(role: &Role, target: &str) -> Vec<PolicyRule> {
    let rules: Rules<'_> = role.rules.iter().collect();
    let mut found = edits::writes(&rules, Reach::Cluster);
    found.extend(power::reads_secrets(&rules));
    found.extend(power::node_proxy(&rules, Reach::Cluster));
    if target == "view" {
        return found;
    }
    for right in &mut found {
        right.api_groups.retain(|it| is_built_in(it));
    }
    // `edit` is `admin` without roles and their bindings.
    let ships = |it: &PolicyRule| {
        covers(admin(), it) && (target == "admin" || it.api_groups.iter().all(|it| it != GROUP))
    };
    found.retain(|it| !it.api_groups.is_empty() && !ships(it));
    found
}

/// What the built-in ClusterRole `admin` gives.
pub fn admin() -> &'static Rules<'static> {
    static ADMIN: OnceLock<Rules<'static>> = OnceLock::new();
    ADMIN.get_or_init(|| defaults().admin.iter().collect())
}

/// As the data file writes subjects.
fn short(subject: &RbacSubject) -> Option<String> {
    let prefix = match (subject.kind.as_str(), subject.namespace.as_str()) {
        ("Group", _) => "g",
        ("User", _) => "u",
        ("ServiceAccount", "kube-system") => "s",
        _ => return None,
    };
    Some(format!("{prefix}:{}", subject.name))
}

/// Whether rules stay within the built-in role `admin`; kinds of add-ons, which it aggregates, do.
pub fn is_within_admin(rules: &Rules<'_>) -> bool {
    rules.iter().all(|rule| {
        let mut rule = rule.clone();
        rule.api_groups.retain(|it| is_built_in(it));
        // Paths do nothing in a namespace.
        rule.non_resource_urls.clear();
        covers(admin(), &rule)
    })
}

/// Whether a group, or the wildcard, holds resources of Kubernetes itself.
pub fn is_built_in(group: &str) -> bool {
    const LEGACY: &[&str] = &["*", "", "apps", "autoscaling", "batch", "extensions", "policy"];
    const NOT: &[&str] = &[
        "gateway.networking.k8s.io",
        "metrics.k8s.io",
        "custom.metrics.k8s.io",
        "external.metrics.k8s.io",
        "snapshot.storage.k8s.io",
        "groupsnapshot.storage.k8s.io",
        "autoscaling.k8s.io",
        "policy.networking.k8s.io",
    ];
    const K8S: &[&str] = &[
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "internal.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    ];
    (LEGACY.contains(&group) || K8S.contains(&group)) && !NOT.contains(&group)
}

/// The add-on whose published role holds the given rights: by account, by the image of every workload that uses
/// it (or, unused, of a workload beside it), and by the rights themselves. Fails when workloads could not be listed.
pub fn by_design(
    grant: &Grant<'_>,
    rights: &[PolicyRule],
    kube: &Kube,
) -> Result<Option<&'static str>, Gap> {
    let RbacSubject { kind, name, .. } = &grant.subject;
    let named = |it: &String| {
        name.strip_suffix(it.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
    };
    let within = |it: &AddOn| {
        let rules: Rules<'_> = it.rules.iter().collect();
        rights.iter().all(|right| covers(&rules, right))
    };
    let add_ons = by_design_add_ons().add_ons.iter();
    let candidates: Vec<&AddOn> = add_ons
        .filter(|it| kind == "ServiceAccount" && it.accounts.iter().any(named) && within(it))
        .collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    let found = candidates.into_iter().map(|it| Ok((it, runs_account(grant, &it.images, kube)?)));
    let found: Vec<(&AddOn, bool)> = found.collect::<Result<_, Gap>>()?;
    Ok(found.into_iter().find(|(_, runs)| *runs).map(|(it, _)| it.name.as_str()))
}

/// Whether only workloads with one of the images use the account of a grant; an account that nobody uses counts
/// where one of them runs beside it, as some accounts are for another cluster, or for a part that is not installed.
pub fn runs_account(grant: &Grant<'_>, images: &[String], kube: &Kube) -> Result<bool, Gap> {
    let RbacSubject { kind, name, namespace } = &grant.subject;
    kube.all_workloads()?;
    let around = kube.workloads_in(namespace).iter();
    let (users, others): (Vec<&Workload>, Vec<&Workload>) =
        around.partition(|it| it.template.service_account() == name);
    let runs = |it: &&Workload| runs(it, images);
    let unused = users.is_empty() && others.iter().any(runs);
    Ok(kind == "ServiceAccount" && (unused || !users.is_empty() && users.iter().all(runs)))
}

/// Whether a workload runs one of the images, whatever registry they come from.
pub fn runs(workload: &Workload, images: &[String]) -> bool {
    workload.template.containers.iter().any(|it| {
        let repository = repository(&it.image);
        images.iter().any(|image| {
            repository
                .strip_suffix(image.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        })
    })
}

/// An image reference without digest and tag.
fn repository(image: &str) -> &str {
    let image = image.split('@').next().unwrap_or_default();
    match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogues_are_read() {
        assert!(defaults().cluster_role_bindings.len() > 20 && defaults().admin.len() > 10);
        assert!(by_design_add_ons().add_ons.len() > 30);
        assert!(dates().0 >= "2026" && dates().1 >= "2026");
        for add_on in &by_design_add_ons().add_ons {
            assert!(!add_on.images.is_empty() && !add_on.accounts.is_empty(), "{}", add_on.name);
        }
    }

    #[test]
    fn tags_and_digests_are_no_part_of_a_repository() {
        for image in [
            "a.io:5000/velero/velero:v1",
            "a.io:5000/velero/velero@sha256:00",
            "a.io:5000/velero/velero",
        ] {
            assert_eq!(repository(image), "a.io:5000/velero/velero");
        }
    }

    #[test]
    fn what_edit_holds_beside_admins_own_rules_is_within_admin() {
        let rule = |verb: &str, group: &str, resource: &str| PolicyRule {
            verbs: vec![verb.to_owned()],
            api_groups: vec![group.to_owned()],
            resources: vec![resource.to_owned()],
            ..PolicyRule::default()
        };
        let within = |it: PolicyRule| is_within_admin(&Rules::from_iter([&it]));
        assert!(within(rule("patch", "events.k8s.io", "events")));
        assert!(within(rule("update", "extensions", "replicationcontrollers/scale")));
        assert!(within(rule("get", "extensions", "daemonsets/status")));
        assert!(within(rule("create", "example.com", "widgets")));
        assert!(!within(rule("get", "", "nodes")));
        assert!(!within(rule("escalate", "rbac.authorization.k8s.io", "roles")));
    }
}
