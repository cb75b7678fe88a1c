//! Services and ingresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    meta::{Labels, ObjectMeta, named, null_as_default},
    workload::IntOrString,
};

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: ServiceSpec,
    /// Status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: LoadBalancerOwnerStatus,
}

/// A Service's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`; empty means `ClusterIP`.
    #[serde(rename = "type", deserialize_with = "null_as_default")]
    pub type_: String,
    /// Labels of its pods; empty selects none.
    #[serde(deserialize_with = "null_as_default")]
    pub selector: Labels,
    /// Ports.
    #[serde(deserialize_with = "null_as_default")]
    pub ports: Vec<ServicePort>,
    /// Absent means true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocate_load_balancer_node_ports: Option<bool>,
    /// Controller of its load balancer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub load_balancer_class: Option<String>,
    /// Clients that the load balancer admits; empty means all.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub load_balancer_source_ranges: Vec<String>,
    /// `Cluster` or `Local`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_traffic_policy: Option<String>,
    /// Addresses outside the cluster whose traffic the nodes take for it.
    #[serde(
        rename = "externalIPs",
        deserialize_with = "null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub external_ips: Vec<String>,
}

/// A Service's port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePort {
    /// Name.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub name: String,
    /// Port of the Service.
    pub port: u16,
    /// Port of the pods, number or name; absent means `port`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_port: Option<IntOrString>,
    /// Port of the nodes; 0 for none.
    #[serde(default, deserialize_with = "null_as_default")]
    pub node_port: u16,
    /// `TCP`, …; empty means `TCP`.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub protocol: String,
}

/// Where a load balancer answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerOwnerStatus {
    /// Addresses.
    #[serde(deserialize_with = "null_as_default")]
    pub load_balancer: LoadBalancerStatus,
}

/// Addresses of a load balancer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerStatus {
    /// Addresses.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub ingress: Vec<LoadBalancerIngress>,
}

/// One address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LoadBalancerIngress {
    /// DNS name.
    #[serde(deserialize_with = "null_as_default")]
    pub hostname: String,
}

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ingress {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    pub spec: IngressSpec,
    /// Status.
    #[serde(default, deserialize_with = "null_as_default")]
    pub status: LoadBalancerOwnerStatus,
}

/// An Ingress's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    /// Class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingress_class_name: Option<String>,
    /// Backend of requests that no rule matches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_backend: Option<Backend>,
    /// Rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<IngressRule>,
    /// Hosts with a certificate.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub tls: Vec<IngressTls>,
}

/// Hosts with a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressTls {
    /// Hosts; none means every host of the rules.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

impl Ingress {
    /// The Services behind it, default backend included.
    pub fn backends(&self) -> impl Iterator<Item = &ServiceBackend> {
        let paths =
            self.spec.rules.iter().filter_map(|it| it.http.as_ref()).flat_map(|it| &it.paths);
        let backends = paths.map(|it| &it.backend).chain(&self.spec.default_backend);
        backends.filter_map(|it| it.service.as_ref())
    }
}

/// A rule of an Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressRule {
    /// Host; empty means any.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub host: String,
    /// Paths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<IngressHttp>,
}

/// Paths of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressHttp {
    /// Paths.
    #[serde(deserialize_with = "null_as_default")]
    pub paths: Vec<IngressPath>,
}

/// A path with its backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngressPath {
    /// Path; empty means all.
    #[serde(
        default,
        deserialize_with = "null_as_default",
        skip_serializing_if = "String::is_empty"
    )]
    pub path: String,
    /// Backend.
    pub backend: Backend,
}

/// A backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Backend {
    /// Service; other kinds of backends have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceBackend>,
}

/// A Service as a backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceBackend {
    /// Name.
    pub name: String,
    /// Port of the Service.
    #[serde(default, deserialize_with = "null_as_default")]
    pub port: ServiceBackendPort,
}

/// A port of a Service, by one or the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServiceBackendPort {
    /// Name; empty for none.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Number; 0 for none.
    #[serde(deserialize_with = "null_as_default")]
    pub number: u16,
}

impl fmt::Display for ServiceBackendPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { write!(f, "{}", self.number) } else { f.write_str(&self.name) }
    }
}

impl ServiceBackendPort {
    /// Whether a port of a Service is the one that is meant; one that says nothing, which no API server admits, is any.
    pub fn is(&self, port: &ServicePort) -> bool {
        match (self.name.as_str(), self.number) {
            ("", 0) => true,
            ("", number) => port.port == number,
            (name, _) => port.name == name,
        }
    }
}

/// An IngressClass.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngressClass {
    /// Metadata.
    #[serde(deserialize_with = "named")]
    pub metadata: ObjectMeta,
    /// Specification.
    #[serde(default, deserialize_with = "null_as_default")]
    pub spec: IngressClassSpec,
}

/// An IngressClass's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct IngressClassSpec {
    /// `ingress.k8s.aws/alb`, `eks.amazonaws.com/alb`, …
    pub controller: String,
    /// Object with the controller's settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<ClassParameters>,
}

/// Object with the settings of a class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassParameters {
    /// `elbv2.k8s.aws`, `eks.amazonaws.com`, …
    #[serde(deserialize_with = "null_as_default")]
    pub api_group: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// The addresses of a Service, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "SliceWire")]
pub struct EndpointSlice {
    /// Metadata; label `kubernetes.io/service-name` names the Service.
    pub metadata: ObjectMeta,
    /// Addresses that take traffic.
    pub ready: usize,
}

/// An EndpointSlice as the API sends it.
#[derive(Default, Deserialize)]
struct SliceWire {
    #[serde(deserialize_with = "named")]
    metadata: ObjectMeta,
    #[serde(default, deserialize_with = "null_as_default")]
    endpoints: Vec<EndpointWire>,
    /// As a snapshot has it.
    #[serde(default)]
    ready: usize,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointWire {
    #[serde(deserialize_with = "null_as_default")]
    conditions: EndpointConditions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointConditions {
    /// Absent means not known, which counts as ready.
    ready: Option<bool>,
}

impl From<SliceWire> for EndpointSlice {
    fn from(wire: SliceWire) -> Self {
        let ready = wire.endpoints.iter().filter(|it| it.conditions.ready != Some(false)).count();
        Self { metadata: wire.metadata, ready: wire.ready + ready }
    }
}
