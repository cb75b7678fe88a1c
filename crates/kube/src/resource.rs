//! Every resource that is listed. Calls, permissions and decoding follow from this table.

use crate::decode::CustomList;

/// A built-in resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resource {
    /// API group, empty for the legacy group.
    pub group: &'static str,
    /// Version to ask for.
    pub version: &'static str,
    /// As in the URL.
    pub plural: &'static str,
    /// Kind of its objects.
    pub kind: &'static str,
    /// Where its objects go.
    pub slot: Slot,
}

impl Resource {
    /// Path of the list over all namespaces.
    pub fn path(&self) -> String {
        match self.group {
            "" => format!("/api/{}/{}", self.version, self.plural),
            group => format!("/apis/{group}/{}/{}", self.version, self.plural),
        }
    }

    /// The permission, as gaps name it: `list pods`, `list deployments.apps`.
    pub fn permission(&self) -> String {
        match self.group {
            "" => format!("list {}", self.plural),
            group => format!("list {}.{group}", self.plural),
        }
    }
}

/// Where objects of a resource go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as the resources are")]
pub enum Slot {
    Pods,
    Controllers,
    Nodes,
    Namespaces,
    ServiceAccounts,
    Roles,
    ClusterRoles,
    RoleBindings,
    ClusterRoleBindings,
    Services,
    Ingresses,
    IngressClasses,
    ValidatingWebhooks,
    MutatingWebhooks,
    ValidatingPolicies,
    ValidatingPolicyBindings,
    CustomResourceDefinitions,
    PersistentVolumes,
    PersistentVolumeClaims,
    HorizontalPodAutoscalers,
    EndpointSlices,
    ResourceQuotas,
    ConfigMaps,
    PodDisruptionBudgets,
    LimitRanges,
    PriorityClasses,
    RuntimeClasses,
    ApiServices,
    NetworkPolicies,
}

const RBAC: &str = "rbac.authorization.k8s.io";
const ADMISSION: &str = "admissionregistration.k8s.io";
const NETWORKING: &str = "networking.k8s.io";

/// The built-in resources. Pods come first: their pages are the longest chain.
pub const ALL: &[Resource] = &[
    resource("", "v1", "pods", "Pod", Slot::Pods),
    resource("apps", "v1", "replicasets", "ReplicaSet", Slot::Controllers),
    resource("apps", "v1", "deployments", "Deployment", Slot::Controllers),
    resource("apps", "v1", "statefulsets", "StatefulSet", Slot::Controllers),
    resource("apps", "v1", "daemonsets", "DaemonSet", Slot::Controllers),
    resource("batch", "v1", "jobs", "Job", Slot::Controllers),
    resource("batch", "v1", "cronjobs", "CronJob", Slot::Controllers),
    resource("", "v1", "replicationcontrollers", "ReplicationController", Slot::Controllers),
    resource("", "v1", "nodes", "Node", Slot::Nodes),
    resource("", "v1", "namespaces", "Namespace", Slot::Namespaces),
    resource("", "v1", "serviceaccounts", "ServiceAccount", Slot::ServiceAccounts),
    resource(RBAC, "v1", "roles", "Role", Slot::Roles),
    resource(RBAC, "v1", "clusterroles", "ClusterRole", Slot::ClusterRoles),
    resource(RBAC, "v1", "rolebindings", "RoleBinding", Slot::RoleBindings),
    resource(RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", Slot::ClusterRoleBindings),
    resource("", "v1", "services", "Service", Slot::Services),
    resource(NETWORKING, "v1", "ingresses", "Ingress", Slot::Ingresses),
    resource(NETWORKING, "v1", "ingressclasses", "IngressClass", Slot::IngressClasses),
    resource(
        ADMISSION,
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        Slot::ValidatingWebhooks,
    ),
    resource(
        ADMISSION,
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        Slot::MutatingWebhooks,
    ),
    resource(
        ADMISSION,
        "v1",
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        Slot::ValidatingPolicies,
    ),
    resource(
        ADMISSION,
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        Slot::ValidatingPolicyBindings,
    ),
    resource(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        Slot::CustomResourceDefinitions,
    ),
    resource("", "v1", "persistentvolumes", "PersistentVolume", Slot::PersistentVolumes),
    resource(
        "",
        "v1",
        "persistentvolumeclaims",
        "PersistentVolumeClaim",
        Slot::PersistentVolumeClaims,
    ),
    resource(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "HorizontalPodAutoscaler",
        Slot::HorizontalPodAutoscalers,
    ),
    resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", Slot::EndpointSlices),
    resource("", "v1", "resourcequotas", "ResourceQuota", Slot::ResourceQuotas),
    resource(
        "policy",
        "v1",
        "poddisruptionbudgets",
        "PodDisruptionBudget",
        Slot::PodDisruptionBudgets,
    ),
    resource("", "v1", "limitranges", "LimitRange", Slot::LimitRanges),
    resource("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", Slot::PriorityClasses),
    resource("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", Slot::RuntimeClasses),
    resource("apiregistration.k8s.io", "v1", "apiservices", "APIService", Slot::ApiServices),
    resource(NETWORKING, "v1", "networkpolicies", "NetworkPolicy", Slot::NetworkPolicies),
];

/// Resources that are listed only when asked for: `--include configmaps`.
pub const OPT_IN: &[Resource] = &[resource("", "v1", "configmaps", "ConfigMap", Slot::ConfigMaps)];

const fn resource(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    slot: Slot,
) -> Resource {
    Resource { group, version, plural, kind, slot }
}

/// Groups of add-ons whose kinds are listed where they exist.
pub const CUSTOM_GROUPS: &[(&str, CustomList)] = &[
    ("karpenter.sh", CustomList::Karpenter),
    ("karpenter.k8s.aws", CustomList::Karpenter),
    ("eks.amazonaws.com", CustomList::Karpenter),
    ("secrets-store.csi.x-k8s.io", CustomList::ExternalSecrets),
    ("external-secrets.io", CustomList::ExternalSecrets),
    ("kyverno.io", CustomList::Policies),
    ("policies.kyverno.io", CustomList::Policies),
    ("constraints.gatekeeper.sh", CustomList::Policies),
    ("elbv2.k8s.aws", CustomList::LoadBalancing),
    ("crd.projectcalico.org", CustomList::NetworkPolicies),
    ("projectcalico.org", CustomList::NetworkPolicies),
    ("cilium.io", CustomList::NetworkPolicies),
    ("networking.k8s.aws", CustomList::NetworkPolicies),
    ("policy.networking.k8s.io", CustomList::NetworkPolicies),
    ("vpcresources.k8s.aws", CustomList::PodGroups),
    ("gateway.networking.k8s.io", CustomList::Routes),
];

/// The list that a kind of a group goes to, if rules read them.
pub fn custom_list(group: &str, kind: &str) -> Option<CustomList> {
    match (group, kind) {
        // Auto Mode keeps its classes of nodes and of load balancers in one group.
        ("eks.amazonaws.com", "IngressClassParams") => Some(CustomList::LoadBalancing),
        (_, "TargetGroupBinding") => Some(CustomList::Routes),
        _ => CUSTOM_GROUPS.iter().find(|(name, _)| *name == group).map(|(_, list)| *list),
    }
}

/// The kinds of those groups that are listed; `*` stands for all, where constraint templates name them.
pub const CUSTOM: &[CustomResource] = &[
    custom("karpenter.sh", "nodepools", Part::Whole),
    custom("karpenter.sh", "nodeclaims", Part::Whole),
    custom("karpenter.k8s.aws", "ec2nodeclasses", Part::Whole),
    custom("eks.amazonaws.com", "nodeclasses", Part::Whole),
    custom("eks.amazonaws.com", "ingressclassparams", Part::Whole),
    custom("eks.amazonaws.com", "targetgroupbindings", Part::Whole),
    custom("elbv2.k8s.aws", "ingressclassparams", Part::Whole),
    custom("elbv2.k8s.aws", "targetgroupbindings", Part::Whole),
    custom("secrets-store.csi.x-k8s.io", "secretproviderclasses", Part::Whole),
    custom("external-secrets.io", "externalsecrets", Part::Whole),
    custom("external-secrets.io", "clusterexternalsecrets", Part::Whole),
    custom("external-secrets.io", "pushsecrets", Part::Whole),
    custom("external-secrets.io", "clusterpushsecrets", Part::Whole),
    // A store may hold the credentials of its provider: nothing asks for those of one namespace, and of the
    // others the names of settings are kept.
    custom("external-secrets.io", "secretstores", Part::Metadata),
    custom("external-secrets.io", "clustersecretstores", Part::Whole),
    custom("kyverno.io", "policies", Part::Whole),
    custom("kyverno.io", "clusterpolicies", Part::Whole),
    custom("kyverno.io", "policyexceptions", Part::Whole),
    custom("policies.kyverno.io", "validatingpolicies", Part::Whole),
    custom("policies.kyverno.io", "namespacedvalidatingpolicies", Part::Whole),
    custom("policies.kyverno.io", "imagevalidatingpolicies", Part::Whole),
    custom("policies.kyverno.io", "namespacedimagevalidatingpolicies", Part::Whole),
    custom("policies.kyverno.io", "policyexceptions", Part::Whole),
    custom("constraints.gatekeeper.sh", "*", Part::Whole),
    custom("crd.projectcalico.org", "networkpolicies", Part::Whole),
    custom("crd.projectcalico.org", "globalnetworkpolicies", Part::Whole),
    custom("projectcalico.org", "networkpolicies", Part::Whole),
    custom("projectcalico.org", "globalnetworkpolicies", Part::Whole),
    custom("cilium.io", "ciliumnetworkpolicies", Part::Whole),
    custom("cilium.io", "ciliumclusterwidenetworkpolicies", Part::Whole),
    custom("networking.k8s.aws", "applicationnetworkpolicies", Part::Whole),
    custom("networking.k8s.aws", "clusternetworkpolicies", Part::Whole),
    custom("policy.networking.k8s.io", "adminnetworkpolicies", Part::Whole),
    custom("policy.networking.k8s.io", "baselineadminnetworkpolicies", Part::Whole),
    custom("policy.networking.k8s.io", "clusternetworkpolicies", Part::Whole),
    custom("vpcresources.k8s.aws", "securitygrouppolicies", Part::Whole),
    custom("gateway.networking.k8s.io", "grpcroutes", Part::Whole),
    custom("gateway.networking.k8s.io", "httproutes", Part::Whole),
    custom("gateway.networking.k8s.io", "tcproutes", Part::Whole),
    custom("gateway.networking.k8s.io", "tlsroutes", Part::Whole),
    custom("gateway.networking.k8s.io", "udproutes", Part::Whole),
];

/// A kind that some add-on defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomResource {
    /// API group.
    pub group: &'static str,
    /// As in the URL.
    pub plural: &'static str,
    /// How much of an object is asked for.
    pub part: Part,
}

/// How much of an object is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// Its metadata.
    Metadata,
}

const fn custom(group: &'static str, plural: &'static str, part: Part) -> CustomResource {
    CustomResource { group, plural, part }
}

/// How much of the objects of a custom kind is asked for, if any rule reads them.
pub fn custom_part(group: &str, plural: &str) -> Option<Part> {
    let mut kinds = CUSTOM.iter().filter(|it| it.group == group);
    kinds.find(|it| it.plural == "*" || it.plural == plural).map(|it| it.part)
}

/// The version that the API itself prefers: stable before beta before alpha, then the higher number.
pub fn newest<'a>(versions: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    versions.into_iter().max_by_key(|it| (maturity(it), *it))
}

/// `v2` is `(3, 2, 0)`, `v1beta3` is `(2, 1, 3)`, `v1alpha1` is `(1, 1, 1)`, anything else `(0, 0, 0)`.
fn maturity(version: &str) -> (u8, u32, u32) {
    let Some(rest) = version.strip_prefix('v') else { return (0, 0, 0) };
    let number = |it: &str| it.parse::<u32>().ok();
    let split = |stage: &str| {
        let (major, minor) = rest.split_once(stage)?;
        Some((number(major)?, number(minor)?))
    };
    match (number(rest), split("beta"), split("alpha")) {
        (Some(major), _, _) => (3, major, 0),
        (_, Some((major, minor)), _) => (2, major, minor),
        (_, _, Some((major, minor))) => (1, major, minor),
        _ => (0, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_is_the_one_the_api_prefers() {
        assert_eq!(newest(["v1beta1", "v1", "v1alpha1"]), Some("v1"));
        assert_eq!(newest(["v10", "v2", "v11beta1"]), Some("v10"));
        assert_eq!(newest(["v1alpha2", "v1beta1", "v1beta2"]), Some("v1beta2"));
        assert_eq!(newest(["foo", "v1alpha1"]), Some("v1alpha1"));
        assert_eq!(newest([]), None);
    }

    #[test]
    fn secrets_are_never_listed() {
        assert!(ALL.iter().all(|it| it.plural != "secrets"));
        assert!(CUSTOM.iter().all(|it| it.plural != "secrets"));
    }

    #[test]
    fn every_custom_kind_has_a_list() {
        assert!(CUSTOM.iter().all(|it| custom_list(it.group, "").is_some()));
        let list = |kind| custom_list("eks.amazonaws.com", kind);
        assert_eq!(list("IngressClassParams"), Some(CustomList::LoadBalancing));
        assert_eq!(list("NodeClass"), Some(CustomList::Karpenter));
        assert_eq!(
            custom_part("constraints.gatekeeper.sh", "k8srequiredlabels"),
            Some(Part::Whole)
        );
        assert_eq!(custom_part("external-secrets.io", "secretstores"), Some(Part::Metadata));
        assert_eq!(custom_part("kyverno.io", "updaterequests"), None);
    }
}
