//! Services: whether somebody answers, and which workloads stand behind.

use eksray_rule::Gap;

use crate::inventory::{
    Kube,
    cluster::selects,
    network::{EndpointSlice, Service},
    order::{named, within},
    workload::Workload,
};

/// Who answers for a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoints {
    /// Somebody.
    Ready,
    /// Nobody, and why.
    None(String),
    /// There are pods for it, and nobody has counted them yet; or the Service is a name elsewhere.
    NotKnown,
}

/// Whether a port of a Service is answered.
///
/// # Errors
/// Services, their endpoints or workloads that were not read.
pub fn endpoints(namespace: &str, name: &str, port: u16, kube: &Kube) -> Result<Endpoints, Gap> {
    let Some(service) = named(kube.services.known()?, namespace, name) else {
        return Ok(Endpoints::None(format!("Service {namespace}/{name} does not exist")));
    };
    if service.spec.type_ == "ExternalName" {
        return Ok(Endpoints::NotKnown);
    }
    if service.spec.ports.iter().all(|it| it.port != port) {
        return Ok(Endpoints::None(format!("Service {namespace}/{name} has no port {port}")));
    }
    let of_service = |it: &&EndpointSlice| {
        let label = it.metadata.labels.get("kubernetes.io/service-name");
        label.is_some_and(|it| it == name)
    };
    let slices = within(kube.endpoint_slices.known()?, namespace).iter();
    let slices: Vec<_> = slices.filter(of_service).collect();
    let ready: usize = slices.iter().map(|it| it.ready).sum();
    if 0 < ready {
        return Ok(Endpoints::Ready);
    }
    if slices.is_empty() && behind(service, kube).next().is_some() {
        return Ok(Endpoints::NotKnown);
    }
    if slices.is_empty() && !service.spec.selector.is_empty() {
        kube.all_workloads()?;
    }
    Ok(Endpoints::None(format!("Service {namespace}/{name} has no ready endpoint")))
}

/// The workloads whose pods a Service selects.
pub fn behind<'a>(service: &'a Service, kube: &'a Kube) -> impl Iterator<Item = &'a Workload> {
    let here = kube.workloads_in(&service.metadata.namespace).iter();
    here.filter(|it| selects(&service.spec.selector, &it.pod_labels))
}
