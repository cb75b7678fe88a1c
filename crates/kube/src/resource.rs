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
    PersistentVolumeClaims,
    HorizontalPodAutoscalers,
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
];

const fn resource(
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    kind: &'static str,
    slot: Slot,
) -> Resource {
    Resource { group, version, plural, kind, slot }
}

/// Groups of add-ons whose kinds are listed where a CustomResourceDefinition says they exist.
pub const CUSTOM_GROUPS: &[(&str, CustomList)] = &[
    ("karpenter.sh", CustomList::Karpenter),
    ("karpenter.k8s.aws", CustomList::Karpenter),
    ("eks.amazonaws.com", CustomList::Karpenter),
    ("secrets-store.csi.x-k8s.io", CustomList::ExternalSecrets),
    ("external-secrets.io", CustomList::ExternalSecrets),
    ("kyverno.io", CustomList::Policies),
    ("policies.kyverno.io", CustomList::Policies),
    ("constraints.gatekeeper.sh", CustomList::Policies),
];

/// The list that kinds of a group go to, if rules read them.
pub fn custom_list(group: &str) -> Option<CustomList> {
    CUSTOM_GROUPS.iter().find(|(name, _)| *name == group).map(|(_, list)| *list)
}
