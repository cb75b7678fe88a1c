//! Ingresses: who serves them, and what several of them claim together.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap, Subject};
use serde_json::Value;

use crate::inventory::{
    Kube,
    cluster::CustomObject,
    network::{Ingress, IngressClass},
};

/// Prefix of the annotations of the load balancer controller and of Auto Mode.
pub const ALB: &str = "alb.ingress.kubernetes.io/";

/// Who serves an Ingress.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Controller<'a> {
    /// An Application Load Balancer, with the parameters of its class.
    Alb(Option<&'a CustomObject>),
    /// Pods of the cluster, by the name of the class or of its controller.
    InCluster(&'a str),
    /// Nobody: there is no such class and no default one.
    Nobody,
}

/// Who serves an Ingress, by its class, its old annotation or the default class.
///
/// # Errors
/// Classes or their parameters that were not read.
pub fn controller<'a>(it: &'a Ingress, kube: &'a Kube) -> Result<Controller<'a>, Gap> {
    let annotation = it.metadata.annotations.get("kubernetes.io/ingress.class");
    let named = annotation.map(String::as_str).or(it.spec.ingress_class_name.as_deref());
    let classes = kube.ingress_classes.known()?;
    let is_default = |it: &&IngressClass| {
        let default = it.metadata.annotations.get("ingressclass.kubernetes.io/is-default-class");
        default.is_some_and(|it| it == "true")
    };
    let class = match named {
        Some(name) => classes.iter().find(|it| it.metadata.name == name),
        None => classes.iter().find(is_default),
    };
    match (class, named) {
        (Some(class), _) if is_alb(&class.spec.controller) => {
            Ok(Controller::Alb(parameters(class, kube)?))
        }
        (Some(class), _) => Ok(Controller::InCluster(&class.spec.controller)),
        (None, Some("alb")) => Ok(Controller::Alb(None)),
        (None, Some(name)) => Ok(Controller::InCluster(name)),
        (None, None) => Ok(Controller::Nobody),
    }
}

fn is_alb(controller: &str) -> bool {
    matches!(controller, "ingress.k8s.aws/alb" | "eks.amazonaws.com/alb")
}

fn parameters<'a>(class: &IngressClass, kube: &'a Kube) -> Result<Option<&'a CustomObject>, Gap> {
    let Some(named) = class.spec.parameters.as_ref() else { return Ok(None) };
    let objects = kube.load_balancing.known()?;
    Ok(objects.iter().find(|it| {
        it.metadata.name == named.name && it.api_version.split('/').next() == Some(&named.api_group)
    }))
}

impl Ingress {
    /// An annotation of the load balancer controller.
    pub fn alb(&self, name: &str) -> Option<&str> {
        self.metadata.annotations.get(&format!("{ALB}{name}")).map(String::as_str)
    }

    /// Whether `spec.tls` covers a host; an entry without hosts covers all.
    pub fn has_tls(&self, host: &str) -> bool {
        self.spec
            .tls
            .iter()
            .any(|it| it.hosts.is_empty() || it.hosts.iter().any(|covers| is_covered(covers, host)))
    }

    /// Hosts of its rules; an empty one stands for any.
    pub fn hosts(&self) -> BTreeSet<&str> {
        let default = self.spec.default_backend.iter().map(|_| "");
        self.spec.rules.iter().map(|it| it.host.as_str()).chain(default).collect()
    }
}

/// `*.example.com` covers one label.
fn is_covered(by: &str, host: &str) -> bool {
    let label = |suffix: &str| host.strip_suffix(suffix).is_some_and(|it| !it.contains('.'));
    by == host || by.strip_prefix('*').is_some_and(|it| it.starts_with('.') && label(it))
}

/// A setting of a class that overrides the annotation of an Ingress.
pub fn of_class<'a>(class: Option<&'a CustomObject>, field: &str) -> Option<&'a Value> {
    class.map(|it| &it.spec[field]).filter(|it| !it.is_null())
}

/// Whether an ALB is to answer the internet.
pub fn is_internet_facing(it: &Ingress, class: Option<&CustomObject>) -> bool {
    let scheme = of_class(class, "scheme").and_then(Value::as_str).or(it.alb("scheme"));
    scheme == Some("internet-facing")
}

/// What Ingresses of one or several namespaces claim: a group, or a host with a path.
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    /// What is claimed: a group of the load balancer controller, or a host with its path.
    pub what: Claimed<'a>,
    /// Who claims it.
    pub by: Vec<&'a Ingress>,
}

/// What is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claimed<'a> {
    /// `alb.ingress.kubernetes.io/group.name`.
    Group(&'a str),
    /// Host and path.
    Path(&'a str, &'a str),
}

impl Claim<'_> {
    /// The finding's subject.
    pub fn subject(&self, cluster: &ClusterId) -> Subject {
        let (kind, name) = match self.what {
            Claimed::Group(name) => ("IngressGroup", name.to_owned()),
            Claimed::Path(host, path) => ("IngressHost", format!("{host}{path}")),
        };
        Subject::object(cluster, "networking.k8s.io", kind, "", &name)
    }

    /// Namespaces that claim it.
    pub fn namespaces(&self) -> BTreeSet<&str> {
        self.by.iter().map(|it| it.metadata.namespace.as_str()).collect()
    }
}

/// Every group, and every host with a path that several Ingresses claim; rules without a host claim nothing.
///
/// # Errors
/// Ingresses that were not read.
pub fn claims(kube: &Kube) -> Result<Vec<Claim<'_>>, Gap> {
    let mut claims: BTreeMap<Claimed<'_>, Vec<&Ingress>> = BTreeMap::new();
    for it in kube.ingresses.known()? {
        let mut own = BTreeSet::new();
        own.extend(it.alb("group.name").map(Claimed::Group));
        for rule in it.spec.rules.iter().filter(|it| !it.host.is_empty()) {
            let paths = rule.http.iter().flat_map(|it| &it.paths);
            own.extend(paths.map(|it| Claimed::Path(&rule.host, path(&it.path))));
        }
        for what in own {
            claims.entry(what).or_default().push(it);
        }
    }
    let shared = |(what, by): &(Claimed<'_>, Vec<&Ingress>)| {
        matches!(what, Claimed::Group(_)) || 1 < by.len()
    };
    Ok(claims.into_iter().filter(shared).map(|(what, by)| Claim { what, by }).collect())
}

fn path(path: &str) -> &str {
    if path.is_empty() { "/" } else { path }
}
