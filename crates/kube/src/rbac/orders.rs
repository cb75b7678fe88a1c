//! Objects that a controller turns into actions of its own: who writes them gives orders to whoever runs as the
//! controller's account.

use eksray_rule::Gap;

use super::{
    Grant, Rules, catalogue,
    power::{Reach, Target, WRITE, find, find_where},
};
use crate::inventory::{
    Kube, cluster::CustomResourceDefinition, rbac::PolicyRule, workload::Workload,
};

/// What the API itself is made of: who serves a kind is asked for every object of it.
const API: &[Target] = &[
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
];

const CLUSTER_SCOPED: &[Target] = &[
    ("apiextensions.crossplane.io", "compositions"),
    ("cert-manager.io", "clusterissuers"),
    ("eks.amazonaws.com", "nodeclasses"),
    ("external-secrets.io", "clusterexternalsecrets"),
    ("external-secrets.io", "clustersecretstores"),
    ("karpenter.k8s.aws", "ec2nodeclasses"),
    ("karpenter.sh", "nodepools"),
    ("kro.run", "resourcegraphdefinitions"),
    ("pkg.crossplane.io", "providers"),
];

const NAMESPACED: &[Target] = &[
    ("argoproj.io", "applications"),
    ("argoproj.io", "applicationsets"),
    ("argoproj.io", "appprojects"),
    ("external-secrets.io", "externalsecrets"),
    ("external-secrets.io", "pushsecrets"),
    ("external-secrets.io", "secretstores"),
    ("helm.toolkit.fluxcd.io", "helmreleases"),
    ("kustomize.toolkit.fluxcd.io", "kustomizations"),
];

/// Images of the controllers, by group.
const CONTROLLERS: &[(&str, &str)] = &[
    ("apiextensions.crossplane.io", "crossplane/crossplane"),
    ("argoproj.io", "argoproj/argocd"),
    ("cert-manager.io", "jetstack/cert-manager-controller"),
    ("external-secrets.io", "external-secrets/external-secrets"),
    ("helm.toolkit.fluxcd.io", "fluxcd/helm-controller"),
    ("karpenter.k8s.aws", "karpenter/controller"),
    ("karpenter.sh", "karpenter/controller"),
    ("kustomize.toolkit.fluxcd.io", "fluxcd/kustomize-controller"),
    ("pkg.crossplane.io", "crossplane/crossplane"),
];

/// Rewrites the API, or orders something of a controller that may do more.
pub fn control_resources(rules: &Rules<'_>, reach: Reach) -> Vec<PolicyRule> {
    let mut found = find(rules, WRITE, NAMESPACED);
    if reach == Reach::Cluster {
        found.extend(find(rules, WRITE, API));
        found.extend(find(rules, WRITE, CLUSTER_SCOPED));
    }
    found.extend(find_where(rules, WRITE, is_cloud, |it| !it.contains('/')));
    found
}

/// Groups whose objects stand for resources of AWS: ACK's and Crossplane's.
fn is_cloud(group: &str) -> bool {
    const SUFFIXES: &[&str] =
        &[".services.k8s.aws", ".aws.upbound.io", ".aws.m.upbound.io", ".aws.crossplane.io"];
    SUFFIXES.iter().any(|it| group.ends_with(it))
}

/// Whether the cluster has one of the kinds that a right is about.
pub fn exists(right: &PolicyRule, defined: &[CustomResourceDefinition]) -> bool {
    let in_api = |it: &String| API.iter().any(|(group, _)| group == it);
    let has = |group: &String, resource: &String| {
        let of_group = defined.iter().filter(|it| it.spec.group == *group);
        in_api(group)
            || of_group.into_iter().any(|it| resource == "*" || it.spec.names.plural == *resource)
    };
    right.api_groups.iter().any(|group| right.resources.iter().any(|it| has(group, it)))
}

/// Whether a grant is for the controller of all kinds of AWS that a right is about: its image is named after the group.
pub fn is_own(grant: &Grant<'_>, right: &PolicyRule, kube: &Kube) -> Result<bool, Gap> {
    for group in &right.api_groups {
        let service = group.split('.').next().unwrap_or_default();
        let images = [format!("{service}-controller"), format!("provider-aws-{service}")];
        if !is_cloud(group) || !catalogue::runs_account(grant, &images, kube)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The workloads that act upon what rights are about, as far as they could be listed.
pub fn controllers<'a>(
    rights: &[PolicyRule],
    kube: &'a Kube,
) -> impl Iterator<Item = &'a Workload> {
    let asked = |group: &str| rights.iter().any(|it| it.api_groups.iter().any(|it| it == group));
    let images = CONTROLLERS.iter().filter(|(group, _)| asked(group));
    let images: Vec<String> = images.map(|(_, image)| (*image).to_owned()).collect();
    kube.workloads.iter().filter(move |it| catalogue::runs(it, &images))
}
