//! Bindings that come with the cluster, and add-ons that need what the rules flag: dated data.

use std::{collections::BTreeMap, sync::OnceLock};

use eksray_rule::Gap;
use serde::Deserialize;

use super::{Grant, request::covers};
use crate::inventory::{
    Kube,
    rbac::{PolicyRule, RbacSubject},
    workload::Workload,
};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Defaults {
    date: String,
    cluster_role_bindings: BTreeMap<String, Vec<String>>,
    controllers: Vec<String>,
    kube_system_role_bindings: BTreeMap<String, Vec<String>>,
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
        "kube-system" => listed(&defaults().kube_system_role_bindings) || is_eks(grant),
        _ => false,
    }
}

/// `system:controller:<name>` for its own account.
fn is_controller(grant: &Grant<'_>) -> bool {
    let (binding, subject) = (grant.binding, &grant.subject);
    let name = binding.metadata.name.strip_prefix("system:controller:");
    binding.metadata.name == binding.role_ref.name
        && name.is_some_and(|it| defaults().controllers.iter().any(|known| known == it))
        && short(subject).and_then(|it| it.strip_prefix("s:").map(str::to_owned)).as_deref() == name
}

/// An `eks:` role for an `eks:` user: EKS refuses access entries whose user name starts so.
fn is_eks(grant: &Grant<'_>) -> bool {
    let names = [&grant.binding.metadata.name, &grant.binding.role_ref.name, &grant.subject.name];
    grant.subject.kind == "User" && names.iter().all(|it| it.starts_with("eks:"))
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
pub fn is_within_admin(rules: &[&PolicyRule]) -> bool {
    let admin: Vec<&PolicyRule> = defaults().admin.iter().collect();
    rules.iter().all(|rule| {
        let mut rule = (*rule).clone();
        rule.api_groups.retain(|it| is_built_in(it));
        // Paths do nothing in a namespace.
        rule.non_resource_urls.clear();
        covers(&admin, &rule)
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
    let RbacSubject { kind, name, namespace } = &grant.subject;
    let named = |it: &String| {
        name.strip_suffix(it.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
    };
    let within = |it: &AddOn| {
        let rules: Vec<&PolicyRule> = it.rules.iter().collect();
        rights.iter().all(|right| covers(&rules, right))
    };
    let add_ons = by_design_add_ons().add_ons.iter();
    let candidates: Vec<&AddOn> = add_ons
        .filter(|it| kind == "ServiceAccount" && it.accounts.iter().any(named) && within(it))
        .collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    let around = kube.all_workloads()?.iter().filter(|it| &it.namespace == namespace);
    let (users, others): (Vec<&Workload>, Vec<&Workload>) =
        around.partition(|it| it.template.service_account() == name);
    let found = candidates.into_iter().find(|add_on| {
        let runs = |it: &&Workload| runs(it, &add_on.images);
        // Some accounts are for another cluster, or for a part that is not installed.
        let unused = users.is_empty() && others.iter().any(runs);
        unused || !users.is_empty() && users.iter().all(runs)
    });
    Ok(found.map(|it| it.name.as_str()))
}

/// Whether a workload runs one of the images, whatever registry they come from.
fn runs(workload: &Workload, images: &[String]) -> bool {
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
        let within = |it: PolicyRule| is_within_admin(&[&it]);
        assert!(within(rule("patch", "events.k8s.io", "events")));
        assert!(within(rule("update", "extensions", "replicationcontrollers/scale")));
        assert!(within(rule("get", "extensions", "daemonsets/status")));
        assert!(within(rule("create", "example.com", "widgets")));
        assert!(!within(rule("get", "", "nodes")));
        assert!(!within(rule("escalate", "rbac.authorization.k8s.io", "roles")));
    }
}
