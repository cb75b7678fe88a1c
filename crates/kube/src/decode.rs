//! From pages of lists, or from manifests, to an inventory.
//!
//! The collector feeds pages as they arrive and the pages of rules feed manifests: both take this path.

mod envelope;
mod malformed;
mod manifests;
mod reduce;

pub use envelope::{Envelope, envelope};
pub use malformed::{Malformed, read};
pub use manifests::from_manifests;

use std::collections::BTreeMap;

use eksray_rule::{Fetched, Gap, Reason};

use crate::{
    inventory::{
        Kube,
        admission::PolicyObject,
        aws_auth::AwsAuth,
        cluster::{CustomObject, CustomResourceDefinition, Version},
        netpol::VpcCni,
        rbac::{Binding, Role},
        workload::{Controller, Fold, Pod},
    },
    resource::{Resource, Slot},
};
use malformed::{cluster_scoped, items, namespaced};

/// An inventory in the making. What is never fed stays "not collected".
#[derive(Debug, Default)]
pub struct Builder {
    kube: Kube,
    /// One fold per resource, by its plural: a list that starts again drops its own.
    folds: BTreeMap<&'static str, Fold>,
}

impl Builder {
    /// Decodes a page.
    ///
    /// # Errors
    /// The answer is not a list of this resource.
    pub fn page(&mut self, resource: &Resource, bytes: &[u8]) -> Result<(), Malformed> {
        let kube = &mut self.kube;
        match resource.slot {
            Slot::Pods => {
                let fold = self.folds.entry(resource.plural).or_default();
                items::<Pod>(bytes)?.into_iter().for_each(|it| fold.pod(it));
            }
            Slot::Controllers => {
                let fold = self.folds.entry(resource.plural).or_default();
                let controllers = items::<Controller>(bytes)?;
                if let Some(at) = controllers.iter().position(|it| !it.spec.has_template()) {
                    return Err(Malformed::lacks(&format!("items[{at}].spec"), "template"));
                }
                for controller in controllers {
                    fold.controller(resource.group, resource.kind, controller);
                }
            }
            Slot::Nodes => append(&mut kube.nodes, items(bytes)?),
            Slot::Namespaces => append(&mut kube.namespaces, items(bytes)?),
            Slot::ServiceAccounts => append(&mut kube.service_accounts, items(bytes)?),
            Slot::Roles => append(&mut kube.roles, namespaced(bytes, |it: &Role| &it.metadata)?),
            Slot::ClusterRoles => {
                append(
                    &mut kube.cluster_roles,
                    cluster_scoped(bytes, |it: &mut Role| &mut it.metadata)?,
                );
            }
            Slot::RoleBindings => {
                let bindings = namespaced(bytes, |it: &Binding| &it.metadata)?;
                append(&mut kube.role_bindings, bindings);
            }
            Slot::ClusterRoleBindings => {
                let bindings = cluster_scoped(bytes, |it: &mut Binding| &mut it.metadata)?;
                append(&mut kube.cluster_role_bindings, bindings);
            }
            Slot::Services => append(&mut kube.services, items(bytes)?),
            Slot::Ingresses => append(&mut kube.ingresses, items(bytes)?),
            Slot::IngressClasses => append(&mut kube.ingress_classes, items(bytes)?),
            Slot::ValidatingWebhooks => append(&mut kube.validating_webhooks, items(bytes)?),
            Slot::MutatingWebhooks => append(&mut kube.mutating_webhooks, items(bytes)?),
            Slot::ValidatingPolicies => append(&mut kube.validating_policies, items(bytes)?),
            Slot::ValidatingPolicyBindings => {
                append(&mut kube.validating_policy_bindings, items(bytes)?);
            }
            Slot::CustomResourceDefinitions => {
                append(&mut kube.custom_resource_definitions, items(bytes)?);
            }
            Slot::PersistentVolumes => append(&mut kube.persistent_volumes, items(bytes)?),
            Slot::PersistentVolumeClaims => {
                append(&mut kube.persistent_volume_claims, items(bytes)?);
            }
            Slot::HorizontalPodAutoscalers => {
                append(&mut kube.horizontal_pod_autoscalers, items(bytes)?);
            }
            Slot::EndpointSlices => append(&mut kube.endpoint_slices, items(bytes)?),
            Slot::ResourceQuotas => append(&mut kube.resource_quotas, items(bytes)?),
            Slot::ConfigMaps => append(&mut kube.config_maps, items(bytes)?),
            Slot::PodDisruptionBudgets => append(&mut kube.pod_disruption_budgets, items(bytes)?),
            Slot::LimitRanges => append(&mut kube.limit_ranges, items(bytes)?),
            Slot::PriorityClasses => append(&mut kube.priority_classes, items(bytes)?),
            Slot::RuntimeClasses => append(&mut kube.runtime_classes, items(bytes)?),
            Slot::ApiServices => append(&mut kube.api_services, items(bytes)?),
            Slot::NetworkPolicies => append(&mut kube.network_policies, items(bytes)?),
        }
        Ok(())
    }

    /// Notes that a list starts again: what came of it before does not count.
    pub fn restart(&mut self, resource: &Resource) {
        match resource.slot {
            Slot::Pods | Slot::Controllers => drop(self.folds.remove(resource.plural)),
            _ => {
                let (call, detail) = (resource.permission(), "started again".to_owned());
                self.gap(resource, Gap { call, reason: Reason::NotCollected, detail });
            }
        }
    }

    /// Decodes a page of a kind that some add-on defines. List items carry neither kind nor version.
    ///
    /// # Errors
    /// The answer is not a list.
    pub fn custom_page(
        &mut self,
        list: CustomList,
        api_version: &str,
        kind: &str,
        bytes: &[u8],
    ) -> Result<(), Malformed> {
        if list == CustomList::Policies {
            let mut items = items::<PolicyObject>(bytes)?;
            for item in &mut items {
                api_version.clone_into(&mut item.api_version);
                kind.clone_into(&mut item.kind);
                reduce::spec(list, &mut item.spec);
            }
            append(&mut self.kube.policy_objects, items);
            return Ok(());
        }
        let mut items = items::<CustomObject>(bytes)?;
        for item in &mut items {
            api_version.clone_into(&mut item.api_version);
            kind.clone_into(&mut item.kind);
            reduce::spec(list, &mut item.spec);
            item.specs.iter_mut().for_each(|it| reduce::spec(list, it));
        }
        if let Some(target) = objects(&mut self.kube, list) {
            append(target, items);
        }
        Ok(())
    }

    /// Notes that the list of a kind that some add-on defines starts again.
    pub fn custom_restart(&mut self, list: CustomList, api_version: &str, kind: &str) {
        match objects(&mut self.kube, list) {
            Some(list) => retain(list, |it| it.kind != kind || it.api_version != api_version),
            None => retain(&mut self.kube.policy_objects, |it| {
                it.kind != kind || it.api_version != api_version
            }),
        }
    }

    /// The CustomResourceDefinitions that were read so far.
    pub fn custom_resource_definitions(&self) -> Fetched<Vec<CustomResourceDefinition>> {
        self.kube.custom_resource_definitions.clone()
    }

    /// Notes that no kind of such a list exists in the cluster: its list is empty.
    pub fn no_custom_kinds(&mut self, list: CustomList) {
        match objects(&mut self.kube, list) {
            Some(list) => append(list, Vec::new()),
            None => append(&mut self.kube.policy_objects, Vec::new()),
        }
    }

    /// Notes that a resource could not be listed, or not to the end. Of the owners of pods, which are proof
    /// by themselves, those that were read stay; of any other list what came before does not count.
    pub fn gap(&mut self, resource: &Resource, gap: Gap) {
        let kube = &mut self.kube;
        match resource.slot {
            Slot::Pods | Slot::Controllers => {
                self.folds.entry(resource.plural).or_default().gap(gap);
            }
            Slot::Nodes => kube.nodes = Fetched::unread(gap),
            Slot::Namespaces => kube.namespaces = Fetched::unread(gap),
            Slot::ServiceAccounts => kube.service_accounts = Fetched::unread(gap),
            Slot::Roles => kube.roles = Fetched::unread(gap),
            Slot::ClusterRoles => kube.cluster_roles = Fetched::unread(gap),
            Slot::RoleBindings => kube.role_bindings = Fetched::unread(gap),
            Slot::ClusterRoleBindings => kube.cluster_role_bindings = Fetched::unread(gap),
            Slot::Services => kube.services = Fetched::unread(gap),
            Slot::Ingresses => kube.ingresses = Fetched::unread(gap),
            Slot::IngressClasses => kube.ingress_classes = Fetched::unread(gap),
            Slot::ValidatingWebhooks => kube.validating_webhooks = Fetched::unread(gap),
            Slot::MutatingWebhooks => kube.mutating_webhooks = Fetched::unread(gap),
            Slot::ValidatingPolicies => kube.validating_policies = Fetched::unread(gap),
            Slot::ValidatingPolicyBindings => {
                kube.validating_policy_bindings = Fetched::unread(gap);
            }
            Slot::CustomResourceDefinitions => {
                kube.custom_resource_definitions = Fetched::unread(gap);
            }
            Slot::PersistentVolumes => kube.persistent_volumes = Fetched::unread(gap),
            Slot::PersistentVolumeClaims => kube.persistent_volume_claims = Fetched::unread(gap),
            Slot::HorizontalPodAutoscalers => {
                kube.horizontal_pod_autoscalers = Fetched::unread(gap);
            }
            Slot::EndpointSlices => kube.endpoint_slices = Fetched::unread(gap),
            Slot::ResourceQuotas => kube.resource_quotas = Fetched::unread(gap),
            Slot::ConfigMaps => kube.config_maps = Fetched::unread(gap),
            Slot::PodDisruptionBudgets => kube.pod_disruption_budgets = Fetched::unread(gap),
            Slot::LimitRanges => kube.limit_ranges = Fetched::unread(gap),
            Slot::PriorityClasses => kube.priority_classes = Fetched::unread(gap),
            Slot::RuntimeClasses => kube.runtime_classes = Fetched::unread(gap),
            Slot::ApiServices => kube.api_services = Fetched::unread(gap),
            Slot::NetworkPolicies => kube.network_policies = Fetched::unread(gap),
        }
    }

    /// Notes that a kind of such a list could not be read. Of several gaps the first by name stays, whatever
    /// the order in which they come.
    pub fn custom_gap(&mut self, list: CustomList, gap: Gap) {
        match objects(&mut self.kube, list) {
            Some(list) => note(list, gap),
            None => note(&mut self.kube.policy_objects, gap),
        }
    }

    /// Takes `/version`.
    pub fn version(&mut self, version: Fetched<Version>) {
        self.kube.version = version;
    }

    /// Takes ConfigMap `kube-system/aws-auth`; absent when the API server does not have it.
    pub fn aws_auth(&mut self, answer: Fetched<Option<AwsAuth>>) {
        self.kube.aws_auth = answer;
    }

    /// Takes ConfigMap `kube-system/amazon-vpc-cni`; absent when the API server does not have it.
    pub fn vpc_cni(&mut self, answer: Fetched<Option<VpcCni>>) {
        self.kube.vpc_cni = answer;
    }

    /// Takes the identity of the cluster.
    pub fn uid(&mut self, uid: String) {
        self.kube.uid = uid;
    }

    /// What was read, in order.
    pub fn finish(self) -> Kube {
        let Self { mut kube, folds } = self;
        let mut fold = Fold::default();
        for it in folds.into_values() {
            fold.join(it);
        }
        (kube.workloads, kube.workload_gaps) = fold.finish();
        kube.sort();
        kube
    }
}

/// Lists of kinds that add-ons define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomList {
    /// Karpenter and Auto Mode.
    Karpenter,
    /// Secrets Store CSI driver, External Secrets and their like.
    ExternalSecrets,
    /// Kyverno and Gatekeeper.
    Policies,
    /// Classes of the load balancer controller and of Auto Mode.
    LoadBalancing,
    /// Calico, Cilium, AWS and the network policy API.
    NetworkPolicies,
    /// Security groups for pods.
    PodGroups,
    /// Routes of the Gateway API and target group bindings.
    Routes,
}

/// All of them.
pub const CUSTOM_LISTS: &[CustomList] = &[
    CustomList::Karpenter,
    CustomList::ExternalSecrets,
    CustomList::Policies,
    CustomList::LoadBalancing,
    CustomList::NetworkPolicies,
    CustomList::PodGroups,
    CustomList::Routes,
];

/// Where objects of such a list go; policies of admission engines are another type.
fn objects(kube: &mut Kube, list: CustomList) -> Option<&mut Fetched<Vec<CustomObject>>> {
    match list {
        CustomList::Karpenter => Some(&mut kube.karpenter),
        CustomList::ExternalSecrets => Some(&mut kube.external_secrets),
        CustomList::LoadBalancing => Some(&mut kube.load_balancing),
        CustomList::NetworkPolicies => Some(&mut kube.network_policy_objects),
        CustomList::PodGroups => Some(&mut kube.security_group_policies),
        CustomList::Routes => Some(&mut kube.routes),
        CustomList::Policies => None,
    }
}

fn retain<T>(list: &mut Fetched<Vec<T>>, keep: impl Fn(&T) -> bool) {
    if let Ok(known) = list.known_mut() {
        known.retain(keep);
    }
}

fn note<T>(list: &mut Fetched<Vec<T>>, gap: Gap) {
    let known = list.gap().filter(|it| it.reason != Reason::NotCollected);
    if known.is_none_or(|it| gap < *it) {
        *list = Fetched::unread(gap);
    }
}

fn append<T>(list: &mut Fetched<Vec<T>>, items: Vec<T>) {
    match list.known_mut() {
        Ok(known) => known.extend(items),
        // A kind that failed keeps its gap: the rest of a list is not the list.
        Err(gap) if gap.reason != Reason::NotCollected => {}
        Err(_) => *list = Fetched::read(items),
    }
}

#[cfg(test)]
mod tests;
