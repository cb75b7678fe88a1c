//! From the internet to workloads: load balancers, node ports, host ports.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::{
    cidr::{internet, is_internet_wide},
    inventory::elb::{Listener, LoadBalancer, TargetGroup},
    net::{Network, Port, Protocol, Source, admits, reaches},
    node_pool::running,
};
use eksray_kube::{
    inventory::{
        Kube,
        network::{Ingress, Service},
        order::within,
        workload::Workload,
    },
    service,
};
use eksray_rule::{Fetched, Subject};

use crate::{
    edges::Edges,
    graph::Finding,
    world::{AwsView, ClusterView, World},
};

/// Exploiting an unknown vulnerability of what answers on the internet.
const EXPLOIT: u32 = 15;
/// A login by OIDC or Cognito in front of it.
const LOGIN: u32 = 20;

/// Adds the ways in, for every cluster that both sides were read of.
pub(super) fn add(world: &World<'_>, edges: &mut Edges) {
    for view in &world.clusters {
        let (Some(aws), Ok(kube)) = (&view.aws, &view.kube) else { continue };
        balancers(view, aws, kube, edges);
        ports(world, view, aws, kube, edges);
    }
}

/// Load balancers that the cluster made, with what is behind them.
fn balancers(view: &ClusterView<'_>, aws: &AwsView<'_>, kube: &Kube, edges: &mut Edges) {
    let listed = match aws.region.region.load_balancers.known() {
        Ok(listed) => listed,
        Err(gap) => return edges.exposure_gap(&view.id, gap),
    };
    let unread = [kube.services.gap(), kube.ingresses.gap(), kube.workload_gaps.first()];
    for gap in unread.into_iter().flatten() {
        edges.exposure_gap(&view.id, gap.clone());
    }
    let network = aws.region.network();
    let name = view.id.name();
    for it in listed.iter().filter(|it| it.is_of(name) && it.scheme == "internet-facing") {
        let listeners = match it.listeners.known() {
            Ok(listeners) => listeners,
            Err(gap) => {
                edges.exposure_gap(&view.id, gap);
                continue;
            }
        };
        let balancer = Subject::aws(&it.arn);
        for listener in listeners {
            if !open(&network, it, listener, view, edges) {
                continue;
            }
            let why = format!("{} {}", listener.protocol, listener.port);
            edges.step(&Subject::internet(), &balancer, 0, &why, BTreeSet::new());
            for workload in behind(it, listener, aws, kube, view, edges) {
                let login = if listener.authenticated { LOGIN } else { 0 };
                let cost = EXPLOIT + login;
                let to = view.workload(workload);
                let why = format!("serves {}:{}", it.name, listener.port);
                edges.step(&balancer, &to, cost, &why, BTreeSet::new());
                edges.balanced.insert(to.clone());
                edges.expose(&to, format!("{why}, internet-facing {} load balancer", it.type_));
            }
        }
    }
}

/// Whether the load balancer's groups admit the internet to a listener. Without groups it admits all.
fn open(
    network: &Network<'_>,
    it: &LoadBalancer,
    listener: &Listener,
    view: &ClusterView<'_>,
    edges: &mut Edges,
) -> bool {
    if it.security_groups.is_empty() {
        return true;
    }
    let udp = matches!(listener.protocol.as_str(), "UDP" | "QUIC");
    let protocol = if udp { Protocol::Udp } else { Protocol::Tcp };
    let port = Port { protocol, number: listener.port };
    let (admitted, gaps) = admits(network, &it.security_groups, port);
    for gap in gaps {
        edges.exposure_gap(&view.id, gap);
    }
    is_internet_wide(&admitted)
}

/// Workloads that a listener leads to: by its targets, and by the objects that own the load balancer.
fn behind<'a>(
    it: &LoadBalancer,
    listener: &Listener,
    aws: &AwsView<'_>,
    kube: &'a Kube,
    view: &ClusterView<'_>,
    edges: &mut Edges,
) -> Vec<&'a Workload> {
    let mut found: BTreeMap<Subject, &Workload> = BTreeMap::new();
    let mut add = |workload: &'a Workload| {
        found.insert(view.workload(workload), workload);
    };
    match it.target_groups.known() {
        Err(gap) => edges.exposure_gap(&view.id, gap),
        Ok(groups) => {
            let own = |it: &&TargetGroup| listener.target_group_arns.contains(&it.arn);
            for group in groups.iter().filter(own) {
                match group.targets.known() {
                    Err(gap) => edges.exposure_gap(&view.id, gap),
                    Ok(targets) => targets.iter().for_each(|target| {
                        let port = target.port.or(group.port);
                        at_target(&target.id, port, aws, kube).into_iter().for_each(&mut add);
                    }),
                }
            }
        }
    }
    for service in items(&kube.services) {
        if answers(&it.dns_name, &service.status) || owns(it, &service.metadata, SERVICE_TAGS) {
            service::behind(service, kube).for_each(&mut add);
        }
    }
    for ingress in items(&kube.ingresses) {
        if is_of_ingress(it, ingress) {
            routed_by(ingress, kube).into_iter().for_each(&mut add);
        }
    }
    found.into_values().collect()
}

/// Whether a load balancer was made for an Ingress, alone or with others of its group.
pub(crate) fn is_of_ingress(it: &LoadBalancer, ingress: &Ingress) -> bool {
    let group = ingress.alb("group.name");
    answers(&it.dns_name, &ingress.status)
        || owns(it, &ingress.metadata, INGRESS_TAGS)
        || INGRESS_TAGS
            .iter()
            .any(|tag| group.is_some() && group == it.tags.get(*tag).map(String::as_str))
}

const SERVICE_TAGS: &[&str] = &["service.k8s.aws/stack", "kubernetes.io/service-name"];
const INGRESS_TAGS: &[&str] = &["ingress.k8s.aws/stack"];

/// Whether a tag of the load balancer names the object as its owner.
fn owns(
    it: &LoadBalancer,
    metadata: &eksray_kube::inventory::meta::ObjectMeta,
    tags: &[&str],
) -> bool {
    let name = format!("{}/{}", metadata.namespace, metadata.name);
    tags.iter().any(|tag| it.tags.get(*tag) == Some(&name))
}

fn answers(
    dns_name: &str,
    status: &eksray_kube::inventory::network::LoadBalancerOwnerStatus,
) -> bool {
    let hosts = status.load_balancer.ingress.iter();
    hosts
        .into_iter()
        .any(|it| !it.hostname.is_empty() && it.hostname.eq_ignore_ascii_case(dns_name))
}

/// What a target leads to: a pod by its address, or whatever a node port of a member instance serves.
fn at_target<'a>(
    id: &str,
    port: Option<u16>,
    aws: &AwsView<'_>,
    kube: &'a Kube,
) -> Vec<&'a Workload> {
    if !id.starts_with("i-") {
        return kube.workloads.iter().filter(|it| it.pods.ips.contains(id)).collect();
    }
    let member = aws.pools.iter().filter_map(|it| running(it).ok()).flatten();
    if !member.into_iter().any(|it| it.instance_id == id) {
        return Vec::new();
    }
    let on_port = |it: &&Service| it.spec.ports.iter().any(|it| Some(it.node_port) == port);
    items(&kube.services).iter().filter(on_port).flat_map(|it| service::behind(it, kube)).collect()
}

/// Workloads behind the Services of an Ingress, its default backend included.
fn routed_by<'a>(ingress: &Ingress, kube: &'a Kube) -> Vec<&'a Workload> {
    let names: BTreeSet<&str> = ingress.backends().map(|it| it.name.as_str()).collect();
    within(items(&kube.services), &ingress.metadata.namespace)
        .iter()
        .filter(|it| names.contains(it.metadata.name.as_str()))
        .flat_map(|it| service::behind(it, kube))
        .collect()
}

/// Node ports, host ports and ports of the host network that the internet reaches on a running node.
fn ports(
    world: &World<'_>,
    view: &ClusterView<'_>,
    aws: &AwsView<'_>,
    kube: &Kube,
    edges: &mut Edges,
) {
    aws.pool_gaps.iter().for_each(|gap| edges.exposure_gap(&view.id, gap.clone()));
    let interfaces = match aws.region.region.network_interfaces.known() {
        Ok(interfaces) => interfaces,
        Err(gap) => return edges.exposure_gap(&view.id, gap),
    };
    let network = aws.region.network();
    let everyone = internet();
    for (workload, number, protocol, why) in candidates(kube) {
        let port = Port { protocol, number };
        for pool in &aws.pools {
            let Ok(instances) = running(pool) else { continue };
            let members: BTreeSet<&str> =
                instances.iter().map(|it| it.instance_id.as_str()).collect();
            let reached = interfaces
                .iter()
                .filter(|it| it.instance_id.as_deref().is_some_and(|it| members.contains(it)))
                .find(|it| {
                    let reach = reaches(&network, &Source::Internet(&everyone), it, port);
                    let open = is_internet_wide(&reach.admitted);
                    if !open && is_internet_wide(&reach.possible) {
                        let gaps = reach.gaps.into_iter();
                        gaps.for_each(|gap| edges.exposure_gap(&view.id, gap));
                    }
                    open
                });
            if reached.is_none() {
                continue;
            }
            let to = view.workload(workload);
            let needs: BTreeSet<Finding> =
                world.needs("node-reachable-from-internet", &pool.subject());
            edges.step(&Subject::internet(), &to, EXPLOIT, &why, needs);
            edges.expose(&to, format!("{why} on {}", pool.subject().short()));
            break;
        }
    }
}

/// Ports that nodes answer on, with the workload behind each.
fn candidates(kube: &Kube) -> Vec<(&Workload, u16, Protocol, String)> {
    let mut found = Vec::new();
    for service in items(&kube.services) {
        for port in service.spec.ports.iter().filter(|it| it.node_port != 0) {
            let why = format!("node port {}", port.node_port);
            let protocol = protocol(&port.protocol);
            found.extend(
                service::behind(service, kube)
                    .map(|it| (it, port.node_port, protocol, why.clone())),
            );
        }
    }
    for workload in kube.workloads.iter().filter(|it| !it.is_fargate() && !it.is_dormant()) {
        for (spec, container) in workload.containers() {
            for port in &container.ports {
                let number = if spec.host_network { port.container_port } else { port.host_port };
                if number != 0 {
                    let what = if spec.host_network { "host network port" } else { "host port" };
                    let why = format!("{what} {number}");
                    found.push((workload, number, protocol(&port.protocol), why));
                }
            }
        }
    }
    found
}

fn protocol(name: &str) -> Protocol {
    if name == "UDP" { Protocol::Udp } else { Protocol::Tcp }
}

fn items<T>(answer: &Fetched<Vec<T>>) -> &[T] {
    answer.known().map(Vec::as_slice).unwrap_or_default()
}
