//! The order of lists, by namespace and name: what is in a namespace is found without looking through the cluster.

use eksray_rule::Fetched;

use super::{
    Kube,
    availability::{LimitRange, PodDisruptionBudget},
    cluster::{HorizontalPodAutoscaler, Namespace, Node, PersistentVolumeClaim, ServiceAccount},
    meta::ObjectMeta,
    network::{EndpointSlice, Ingress, Service},
    quota::ResourceQuota,
    workload::Workload,
};

/// An object of a list that [`Kube::sort`] puts in order.
pub trait Object {
    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;
}

macro_rules! objects {
    ($($kind:ty),+ $(,)?) => {
        $(impl Object for $kind {
            fn metadata(&self) -> &ObjectMeta {
                &self.metadata
            }
        })+
    };
}

objects!(
    EndpointSlice,
    HorizontalPodAutoscaler,
    Ingress,
    LimitRange,
    Namespace,
    Node,
    PersistentVolumeClaim,
    PodDisruptionBudget,
    ResourceQuota,
    Service,
    ServiceAccount,
);

/// The objects of a namespace.
pub fn within<'a, T: Object>(list: &'a [T], namespace: &str) -> &'a [T] {
    slice(list, |it| &it.metadata().namespace, namespace)
}

/// The object of a name; cluster-scoped ones have an empty namespace.
pub fn named<'a, T: Object>(list: &'a [T], namespace: &str, name: &str) -> Option<&'a T> {
    let at = list.binary_search_by(|it| place(it).cmp(&(namespace, name)));
    list.get(at.ok()?)
}

impl Kube {
    /// The workloads of a namespace, as far as they could be listed.
    pub fn workloads_in(&self, namespace: &str) -> &[Workload] {
        slice(&self.workloads, |it| &it.namespace, namespace)
    }

    /// Puts the lists in order; whoever makes or reads an inventory does so once.
    pub fn sort(&mut self) {
        self.workloads.sort_by(|a, b| rank(a).cmp(&rank(b)));
        sort(&mut self.nodes);
        sort(&mut self.namespaces);
        sort(&mut self.service_accounts);
        sort(&mut self.services);
        sort(&mut self.ingresses);
        sort(&mut self.persistent_volume_claims);
        sort(&mut self.horizontal_pod_autoscalers);
        sort(&mut self.endpoint_slices);
        sort(&mut self.resource_quotas);
        sort(&mut self.pod_disruption_budgets);
        sort(&mut self.limit_ranges);
        for list in [
            &mut self.external_secrets,
            &mut self.karpenter,
            &mut self.load_balancing,
            &mut self.network_policy_objects,
            &mut self.security_group_policies,
            &mut self.routes,
        ] {
            sort_kinds(list, |it| (&it.api_version, &it.kind, &it.metadata));
        }
        sort_kinds(&mut self.policy_objects, |it| (&it.api_version, &it.kind, &it.metadata));
    }
}

fn slice<'a, T>(list: &'a [T], key: impl Fn(&T) -> &String, namespace: &str) -> &'a [T] {
    let first = list.partition_point(|it| key(it).as_str() < namespace);
    let (_, from) = list.split_at(first);
    let (inside, _) = from.split_at(from.partition_point(|it| key(it) == namespace));
    inside
}

fn place<T: Object>(object: &T) -> (&str, &str) {
    let ObjectMeta { name, namespace, .. } = object.metadata();
    (namespace, name)
}

fn rank(it: &Workload) -> (&str, &str, &str, &str) {
    (&it.namespace, &it.group, &it.kind, &it.name)
}

fn sort<T: Object>(list: &mut Fetched<Vec<T>>) {
    if let Ok(known) = list.known_mut() {
        known.sort_by(|a, b| place(a).cmp(&place(b)));
    }
}

/// A list of several kinds, kind by kind.
fn sort_kinds<T>(list: &mut Fetched<Vec<T>>, of: impl Fn(&T) -> (&String, &String, &ObjectMeta)) {
    let key = |it: &T| {
        let (api_version, kind, ObjectMeta { namespace, name, .. }) = of(it);
        [api_version, kind, namespace, name].map(String::clone)
    };
    if let Ok(known) = list.known_mut() {
        known.sort_by_cached_key(key);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn service((namespace, name): (String, String)) -> Service {
        let metadata = ObjectMeta { name, namespace, ..ObjectMeta::default() };
        Service { metadata, ..Service::default() }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_look_through_the_list_finds(
            places in prop::collection::btree_set(("[ab-]{0,2}", "[ab]{1,2}"), 0..12),
            asked in ("[ab-]{0,2}", "[ab]{1,2}"),
        ) {
            let services = places.into_iter().rev().map(service).collect();
            let mut kube = Kube { services: Fetched::read(services), ..Kube::default() };
            kube.sort();
            let list = kube.services.known().unwrap();
            let (namespace, name) = &asked;
            let here: Vec<_> = list.iter().filter(|it| it.metadata.namespace == *namespace).collect();
            prop_assert_eq!(within(list, namespace).iter().collect::<Vec<_>>(), here.clone());
            let same = here.into_iter().find(|it| it.metadata.name == *name);
            prop_assert_eq!(named(list, namespace, name), same);
        }
    }
}
