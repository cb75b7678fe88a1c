//! From pages of lists, or from manifests, to an inventory.
//!
//! The collector feeds pages as they arrive and the pages of rules feed manifests: both take this path.

use eksray_rule::{Fetched, Gap, Reason};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    inventory::{
        Kube,
        aws_auth::{AwsAuth, ConfigMap},
        cluster::{CustomObject, Version},
        meta::null_as_default,
        workload::{Controller, Fold, Pod},
    },
    resource::{Resource, Slot},
};

/// An inventory in the making. What is never fed stays "not collected".
#[derive(Debug, Default)]
pub struct Builder {
    kube: Kube,
    fold: Fold,
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default, deserialize_with = "null_as_default")]
    metadata: PageMeta,
    #[serde(default = "Vec::new", deserialize_with = "null_as_default")]
    items: Vec<T>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PageMeta {
    #[serde(rename = "continue", deserialize_with = "null_as_default")]
    next: String,
}

impl Builder {
    /// Decodes a page and returns the token of the next one, if there is one.
    ///
    /// # Errors
    /// The answer is not a list of this resource.
    pub fn page(&mut self, resource: &Resource, bytes: &[u8]) -> Result<Option<String>, String> {
        let next = match resource.slot {
            Slot::Pods => {
                let (pods, next) = decode::<Pod>(bytes)?;
                for pod in pods {
                    self.fold.pod(pod);
                }
                next
            }
            Slot::Controllers => {
                let (controllers, next) = decode::<Controller>(bytes)?;
                for controller in controllers {
                    self.fold.controller(resource.group, resource.kind, controller);
                }
                next
            }
            Slot::Nodes => extend(&mut self.kube.nodes, bytes)?,
            Slot::Namespaces => extend(&mut self.kube.namespaces, bytes)?,
            Slot::ServiceAccounts => extend(&mut self.kube.service_accounts, bytes)?,
            Slot::Roles => extend(&mut self.kube.roles, bytes)?,
            Slot::ClusterRoles => extend(&mut self.kube.cluster_roles, bytes)?,
            Slot::RoleBindings => extend(&mut self.kube.role_bindings, bytes)?,
            Slot::ClusterRoleBindings => extend(&mut self.kube.cluster_role_bindings, bytes)?,
            Slot::Services => extend(&mut self.kube.services, bytes)?,
            Slot::Ingresses => extend(&mut self.kube.ingresses, bytes)?,
            Slot::IngressClasses => extend(&mut self.kube.ingress_classes, bytes)?,
            Slot::ValidatingWebhooks => extend(&mut self.kube.validating_webhooks, bytes)?,
            Slot::MutatingWebhooks => extend(&mut self.kube.mutating_webhooks, bytes)?,
            Slot::ValidatingPolicies => extend(&mut self.kube.validating_policies, bytes)?,
            Slot::ValidatingPolicyBindings => {
                extend(&mut self.kube.validating_policy_bindings, bytes)?
            }
            Slot::CustomResourceDefinitions => {
                extend(&mut self.kube.custom_resource_definitions, bytes)?
            }
            Slot::PersistentVolumeClaims => extend(&mut self.kube.persistent_volume_claims, bytes)?,
            Slot::HorizontalPodAutoscalers => {
                extend(&mut self.kube.horizontal_pod_autoscalers, bytes)?
            }
        };
        Ok(next)
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
    ) -> Result<Option<String>, String> {
        if list == CustomList::Policies {
            let (mut items, next) = decode::<crate::inventory::admission::PolicyObject>(bytes)?;
            for item in &mut items {
                api_version.clone_into(&mut item.api_version);
                kind.clone_into(&mut item.kind);
            }
            append(&mut self.kube.policy_objects, items);
            return Ok(next);
        }
        let (mut items, next) = decode::<CustomObject>(bytes)?;
        for item in &mut items {
            api_version.clone_into(&mut item.api_version);
            kind.clone_into(&mut item.kind);
        }
        let target = match list {
            CustomList::Karpenter => &mut self.kube.karpenter,
            CustomList::ExternalSecrets | CustomList::Policies => &mut self.kube.external_secrets,
        };
        append(target, items);
        Ok(next)
    }

    /// Notes that no kind of such a list exists in the cluster: its list is empty.
    pub fn no_custom_kinds(&mut self, list: CustomList) {
        match list {
            CustomList::Karpenter => append(&mut self.kube.karpenter, Vec::new()),
            CustomList::ExternalSecrets => append(&mut self.kube.external_secrets, Vec::new()),
            CustomList::Policies => append(&mut self.kube.policy_objects, Vec::new()),
        }
    }

    /// Notes that a resource could not be listed, or not to the end: what came of it before does not count.
    pub fn gap(&mut self, resource: &Resource, gap: Gap) {
        let kube = &mut self.kube;
        match resource.slot {
            Slot::Pods | Slot::Controllers => self.fold.gap(gap),
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
            Slot::PersistentVolumeClaims => kube.persistent_volume_claims = Fetched::unread(gap),
            Slot::HorizontalPodAutoscalers => {
                kube.horizontal_pod_autoscalers = Fetched::unread(gap);
            }
        }
    }

    /// Notes that a kind of such a list could not be read.
    pub fn custom_gap(&mut self, list: CustomList, gap: Gap) {
        match list {
            CustomList::Karpenter => self.kube.karpenter = Fetched::unread(gap),
            CustomList::ExternalSecrets => self.kube.external_secrets = Fetched::unread(gap),
            CustomList::Policies => self.kube.policy_objects = Fetched::unread(gap),
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

    /// Takes the identity of the cluster.
    pub fn uid(&mut self, uid: String) {
        self.kube.uid = uid;
    }

    /// What was read, lists sorted by namespace and name.
    pub fn finish(self) -> Kube {
        let Self { mut kube, fold } = self;
        (kube.workloads, kube.workload_gaps) = fold.finish();
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
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<(Vec<T>, Option<String>), String> {
    let page: Page<T> = serde_json::from_slice(bytes).map_err(|it| it.to_string())?;
    Ok((page.items, Some(page.metadata.next).filter(|it| !it.is_empty())))
}

fn extend<T: DeserializeOwned>(
    list: &mut Fetched<Vec<T>>,
    bytes: &[u8],
) -> Result<Option<String>, String> {
    let (items, next) = decode(bytes)?;
    append(list, items);
    Ok(next)
}

fn append<T>(list: &mut Fetched<Vec<T>>, items: Vec<T>) {
    match list.known_mut() {
        Ok(known) => known.extend(items),
        // A kind that failed keeps its gap: the rest of a list is not the list.
        Err(gap) if gap.reason != Reason::NotCollected => {}
        Err(_) => *list = Fetched::read(items),
    }
}

/// Reads manifests as a whole cluster: kinds that do not occur have no objects. `/version` is asked of a
/// document of kind `Version` with field `gitVersion`, and is 1.35 without one.
///
/// # Errors
/// A document is no object of a known kind, or not YAML.
pub fn from_manifests(text: &str) -> Result<Kube, String> {
    let documents: Vec<Value> = serde_saphyr::from_multiple(text).map_err(|it| it.to_string())?;
    let mut builder = Builder::default();
    for resource in crate::resource::ALL {
        builder.page(resource, b"{}")?;
    }
    for list in [CustomList::Karpenter, CustomList::ExternalSecrets, CustomList::Policies] {
        builder.no_custom_kinds(list);
    }
    builder.version(Fetched::read(Version { git_version: "v1.35.0-eks-0000000".to_owned() }));
    builder.aws_auth(Fetched::read(None));
    for document in documents {
        manifest(&mut builder, document)?;
    }
    Ok(builder.finish())
}

fn manifest(builder: &mut Builder, document: Value) -> Result<(), String> {
    if document.is_null() {
        return Ok(());
    }
    let field = |name: &str| document[name].as_str().unwrap_or_default().to_owned();
    let (api_version, kind) = (field("apiVersion"), field("kind"));
    let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
    let page = serde_json::json!({ "items": [document] }).to_string();
    if let Some(resource) =
        crate::resource::ALL.iter().find(|it| it.kind == kind && it.group == group)
    {
        return builder.page(resource, page.as_bytes()).map(|_| ());
    }
    if let Some(list) = crate::resource::custom_list(&group) {
        return builder.custom_page(list, &api_version, &kind, page.as_bytes()).map(|_| ());
    }
    match kind.as_str() {
        "Version" => {
            let git_version = field("gitVersion");
            builder.version(Fetched::read(Version { git_version }));
            Ok(())
        }
        "ConfigMap" if document["metadata"]["name"] == "aws-auth" => {
            let map: ConfigMap = serde_json::from_value(document).map_err(|it| it.to_string())?;
            builder.aws_auth(Fetched::read(Some(map.into())));
            Ok(())
        }
        _ => Err(format!("no rule reads `{kind}` of `{api_version}`")),
    }
}
