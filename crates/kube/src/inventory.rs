//! What was read of a cluster's API server: plain data, filled page by page, judged by rules.
//!
//! Types are lean twins of the API's own (same names, same JSON) that keep what rules need. They read
//! API answers, manifests and snapshots alike, and reduce literals to [`eksray_rule::credential::Credential`]s
//! while decoding: no value of a variable, argument or annotation outlives its page.

pub mod admission;
pub mod availability;
pub mod aws_auth;
pub mod cluster;
pub mod config_map;
pub mod meta;
pub mod netpol;
pub mod network;
pub mod order;
pub mod pod;
pub mod quota;
pub mod rbac;
pub mod workload;

use eksray_rule::{Fetched, Gap};
use serde::{Deserialize, Serialize};

use admission::{Policy, PolicyBinding, PolicyObject, WebhookConfiguration};
use availability::{LimitRange, Named, PodDisruptionBudget};
use aws_auth::AwsAuth;
use cluster::{
    CustomObject, CustomResourceDefinition, HorizontalPodAutoscaler, Namespace, Node,
    PersistentVolume, PersistentVolumeClaim, ServiceAccount, Version, known_minor,
};
use config_map::ConfigMap;
use netpol::{NetworkPolicy, VpcCni};
use network::{EndpointSlice, Ingress, IngressClass, Service};
use quota::ResourceQuota;
use rbac::{Binding, Role};
use workload::Workload;

/// One cluster, as its API server shows it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Kube {
    /// UID of namespace `kube-system`: the cluster's identity where AWS is not asked.
    pub uid: String,
    /// `/version`.
    pub version: Fetched<Version>,
    /// Everything that runs pods, pods folded into their topmost owner.
    pub workloads: Vec<Workload>,
    /// Kinds of `workloads` that could not be listed; the list may then lack some.
    pub workload_gaps: Vec<Gap>,
    /// `nodes`.
    pub nodes: Fetched<Vec<Node>>,
    /// `namespaces`.
    pub namespaces: Fetched<Vec<Namespace>>,
    /// `serviceaccounts`.
    pub service_accounts: Fetched<Vec<ServiceAccount>>,
    /// `roles`.
    pub roles: Fetched<Vec<Role>>,
    /// `clusterroles`.
    pub cluster_roles: Fetched<Vec<Role>>,
    /// `rolebindings`.
    pub role_bindings: Fetched<Vec<Binding>>,
    /// `clusterrolebindings`.
    pub cluster_role_bindings: Fetched<Vec<Binding>>,
    /// ConfigMap `kube-system/aws-auth`, by name.
    pub aws_auth: Fetched<Option<AwsAuth>>,
    /// `services`.
    pub services: Fetched<Vec<Service>>,
    /// `ingresses`.
    pub ingresses: Fetched<Vec<Ingress>>,
    /// `ingressclasses`.
    pub ingress_classes: Fetched<Vec<IngressClass>>,
    /// `validatingwebhookconfigurations`.
    pub validating_webhooks: Fetched<Vec<WebhookConfiguration>>,
    /// `mutatingwebhookconfigurations`.
    pub mutating_webhooks: Fetched<Vec<WebhookConfiguration>>,
    /// `validatingadmissionpolicies`.
    pub validating_policies: Fetched<Vec<Policy>>,
    /// `validatingadmissionpolicybindings`.
    pub validating_policy_bindings: Fetched<Vec<PolicyBinding>>,
    /// Kyverno policies and Gatekeeper constraints, where their kinds exist.
    pub policy_objects: Fetched<Vec<PolicyObject>>,
    /// `customresourcedefinitions`: group, kind and served versions.
    pub custom_resource_definitions: Fetched<Vec<CustomResourceDefinition>>,
    /// `secretproviderclasses`, `externalsecrets`, `pushsecrets` and their like, where their kinds exist.
    pub external_secrets: Fetched<Vec<CustomObject>>,
    /// Karpenter and Auto Mode `nodepools`, `ec2nodeclasses` and `nodeclasses`, where their kinds exist.
    pub karpenter: Fetched<Vec<CustomObject>>,
    /// `persistentvolumes`.
    pub persistent_volumes: Fetched<Vec<PersistentVolume>>,
    /// `persistentvolumeclaims`.
    pub persistent_volume_claims: Fetched<Vec<PersistentVolumeClaim>>,
    /// `horizontalpodautoscalers`.
    pub horizontal_pod_autoscalers: Fetched<Vec<HorizontalPodAutoscaler>>,
    /// `endpointslices`.
    pub endpoint_slices: Fetched<Vec<EndpointSlice>>,
    /// `resourcequotas`.
    pub resource_quotas: Fetched<Vec<ResourceQuota>>,
    /// `ingressclassparams`, where the kind exists.
    pub load_balancing: Fetched<Vec<CustomObject>>,
    /// `configmaps`, which are read only when asked for.
    pub config_maps: Fetched<Vec<ConfigMap>>,
    /// `poddisruptionbudgets`.
    pub pod_disruption_budgets: Fetched<Vec<PodDisruptionBudget>>,
    /// `limitranges`.
    pub limit_ranges: Fetched<Vec<LimitRange>>,
    /// `priorityclasses`.
    pub priority_classes: Fetched<Vec<Named>>,
    /// `runtimeclasses`.
    pub runtime_classes: Fetched<Vec<Named>>,
    /// `apiservices`.
    pub api_services: Fetched<Vec<Named>>,
    /// `networkpolicies`.
    pub network_policies: Fetched<Vec<NetworkPolicy>>,
    /// Policies of Calico, Cilium, AWS and the network policy API, where their kinds exist.
    pub network_policy_objects: Fetched<Vec<CustomObject>>,
    /// ConfigMap `kube-system/amazon-vpc-cni`, by name.
    pub vpc_cni: Fetched<Option<VpcCni>>,
    /// `securitygrouppolicies`, where the kind exists.
    pub security_group_policies: Fetched<Vec<CustomObject>>,
    /// Routes of the Gateway API and `targetgroupbindings`, where their kinds exist.
    pub routes: Fetched<Vec<CustomObject>>,
}

impl Kube {
    /// The API server's minor version.
    pub fn minor(&self) -> Result<u32, Gap> {
        known_minor("get /version", &self.version.known()?.git_version)
    }

    /// A workload by kind, namespace and name.
    pub fn workload(&self, kind: &str, namespace: &str, name: &str) -> Option<&Workload> {
        let named = |it: &&Workload| it.kind == kind && it.name == name;
        self.workloads_in(namespace).iter().find(named)
    }

    /// Fails with the first kind of workload that could not be listed.
    pub fn all_workloads(&self) -> Result<&[Workload], Gap> {
        match self.workload_gaps.first() {
            Some(gap) => Err(gap.clone()),
            None => Ok(&self.workloads),
        }
    }
}
