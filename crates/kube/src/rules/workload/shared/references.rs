//! References between objects, each judged by the list of what it names.

use std::collections::BTreeSet;

use eksray_rule::{Judgement, Verdict};

use crate::{
    Context,
    inventory::{
        cluster::{CustomObject, HorizontalPodAutoscaler},
        network::{Ingress, Service, ServiceBackend},
        order::named,
        workload::{IntOrString, Workload, equality},
    },
    netpol::{Answer, selects},
    route::backends,
    rules::workload::shared::scales,
};

/// Classes that every API server has.
const BUILT_IN_CLASSES: &[&str] = &["system-cluster-critical", "system-node-critical"];

/// Kinds that autoscalers scale and that are listed.
const SCALED: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];

/// References of a pod template. Every namespace has an account `default`.
pub(in crate::rules::workload) fn workload(
    workload: &Workload,
    context: &Context<'_>,
) -> Vec<Verdict> {
    let (kube, spec) = (context.kube, &workload.template);
    let namespace = &workload.namespace;
    let mut all = Vec::new();
    let account = spec.service_account();
    if account != "default" {
        all.push(kube.service_accounts.known().map(|list| {
            missing(named(list, namespace, account).is_some(), "service account", account)
        }));
    }
    for volume in &spec.volumes {
        let Some(claim) = volume.persistent_volume_claim.as_ref() else { continue };
        all.push(kube.persistent_volume_claims.known().map(|list| {
            let name = claim.claim_name.as_str();
            missing(named(list, namespace, name).is_some(), "claim", name)
        }));
    }
    let class = spec.priority_class_name.as_str();
    if !class.is_empty() && !BUILT_IN_CLASSES.contains(&class) {
        all.push(kube.priority_classes.known().map(|list| {
            missing(list.iter().any(|it| it.metadata.name == class), "priority class", class)
        }));
    }
    let class = spec.runtime_class_name.as_str();
    if !class.is_empty() {
        all.push(kube.runtime_classes.known().map(|list| {
            missing(list.iter().any(|it| it.metadata.name == class), "runtime class", class)
        }));
    }
    all
}

/// A Service's pods and the ports it names.
pub(in crate::rules::workload) fn service(
    service: &Service,
    context: &Context<'_>,
) -> Vec<Verdict> {
    let spec = &service.spec;
    if spec.selector.is_empty() || spec.type_ == "ExternalName" {
        return vec![Ok(Judgement::not_applicable("no selector"))];
    }
    let here = context.kube.workloads_in(&service.metadata.namespace).iter();
    let selector = equality(&spec.selector);
    let pods: Vec<&Workload> = here.filter(|it| selects(&selector, it) != Answer::No).collect();
    let unread = || context.kube.workload_gaps.first().cloned();
    let judge = |facts: Vec<String>| match unread() {
        Some(gap) if !facts.is_empty() => Err(gap),
        _ => Ok(Judgement::of(facts)),
    };
    if pods.is_empty() {
        return vec![judge(vec!["its selector matches no workload".to_owned()])];
    }
    let by_name = spec.ports.iter().filter_map(|it| match &it.target_port {
        Some(IntOrString::String(name)) => Some(name),
        _ => None,
    });
    let declared = |name: &str| pods.iter().any(|it| it.port_named(name).next().is_some());
    let unknown = by_name.filter(|it| it.parse::<u16>().is_err() && !declared(it));
    vec![judge(unknown.map(|it| format!("targetPort {it} is declared by no container")).collect())]
}

/// The Services behind an Ingress, with the ports that it names.
pub(in crate::rules::workload) fn ingress(ingress: &Ingress, context: &Context<'_>) -> Verdict {
    let namespace = &ingress.metadata.namespace;
    // The load balancer controller names its actions in the place of a Service.
    let action = |name: &str| {
        let key = format!("alb.ingress.kubernetes.io/actions.{name}");
        ingress.metadata.annotations.contains_key(&key)
    };
    let backends = ingress.backends().filter(|it| !action(&it.name));
    services(backends.map(|it| (namespace.as_str(), it)), namespace, context)
}

/// The Services behind a route or a target group binding.
pub(in crate::rules::workload) fn route(route: &CustomObject, context: &Context<'_>) -> Verdict {
    let backends = backends(route);
    services(backends.iter().map(|(at, it)| (*at, it)), &route.metadata.namespace, context)
}

/// Whether backends, each with its namespace, exist and have the ports that are named.
fn services<'a>(
    backends: impl Iterator<Item = (&'a str, &'a ServiceBackend)>,
    here: &str,
    context: &Context<'_>,
) -> Verdict {
    let services = context.kube.services.known()?;
    let wrong = |(namespace, backend): (&str, &ServiceBackend)| {
        let ServiceBackend { name, port } = backend;
        let place = if namespace == here { String::new() } else { format!("{namespace}/") };
        let Some(service) = named(services, namespace, name) else {
            return Some(format!("backend Service {place}{name} does not exist"));
        };
        let spec = &service.spec;
        // What an external name leads to has ports of its own.
        let answers = spec.type_ == "ExternalName" || spec.ports.iter().any(|it| port.is(it));
        (!answers).then(|| format!("backend Service {place}{name} has no port {port}"))
    };
    let facts: BTreeSet<String> = backends.filter_map(wrong).collect();
    Ok(Judgement::of(facts.into_iter().collect()))
}

/// What an autoscaler scales, and what tells it when.
pub(in crate::rules::workload) fn autoscaler(
    autoscaler: &HorizontalPodAutoscaler,
    context: &Context<'_>,
) -> Vec<Verdict> {
    let target = &autoscaler.spec.scale_target_ref;
    let here = context.kube.workloads_in(&autoscaler.metadata.namespace);
    let found = here.iter().any(|it| scales(autoscaler, it) && !it.stand_in);
    let there = match context.kube.workload_gaps.first() {
        _ if found => Ok(Judgement::pass()),
        _ if !SCALED.contains(&target.kind.as_str()) => {
            Ok(Judgement::not_applicable(format!("{} is not listed", target.kind)))
        }
        Some(gap) => Err(gap.clone()),
        None => Ok(Judgement::of(vec![format!(
            "{} {} does not exist",
            target.kind.to_lowercase(),
            target.name
        )])),
    };
    vec![there, metrics(autoscaler, context)]
}

/// Resource metrics come from an API that somebody has to install; unread, nothing is said of it.
fn metrics(autoscaler: &HorizontalPodAutoscaler, context: &Context<'_>) -> Verdict {
    let metrics = &autoscaler.spec.metrics;
    let resource = |it: &str| matches!(it, "Resource" | "ContainerResource");
    if !metrics.is_empty() && !metrics.iter().any(|it| resource(&it.type_)) {
        return Ok(Judgement::pass());
    }
    let services = context.kube.api_services.known()?;
    let group = |name: &str| name.split_once('.').is_some_and(|(_, it)| it == "metrics.k8s.io");
    let served = services.iter().any(|it| group(&it.metadata.name));
    let fact = "resource metrics, but no API metrics.k8s.io".to_owned();
    Ok(Judgement::of((!served).then_some(fact).into_iter().collect()))
}

fn missing(exists: bool, what: &str, name: &str) -> Judgement {
    Judgement::of((!exists).then(|| format!("{what} {name} does not exist")).into_iter().collect())
}
