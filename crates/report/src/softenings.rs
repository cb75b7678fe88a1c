//! Findings of one side that a fact of the other side takes back. Nothing here makes an outcome worse.

use std::{cell::OnceCell, collections::BTreeSet};

use eksray_kube::{
    inventory::{Kube, order::named},
    netpol::{Direction, Endpoint, Netpols, Opening},
};
use eksray_rule::{Gap, Judgement, Outcome, Parts, Subject};

use crate::{
    edges::{Edges, is_of_ingress},
    inspect::no_aws,
    world::{AwsView, ClusterView, World},
};

/// What a finding becomes, if anything; the gap is that nobody could look whether it is explained.
type Excuse = fn(&Subject, &Sides<'_>) -> Result<Option<Softer>, Gap>;

/// A cluster that both sides told of.
struct Sides<'a> {
    view: &'a ClusterView<'a>,
    aws: &'a AwsView<'a>,
    kube: &'a Kube,
    edges: &'a Edges,
    /// Resolved once for all namespaces, and only if one is asked about.
    policies: OnceCell<Netpols<'a>>,
}

enum Softer {
    /// Meant so.
    Accepted(&'static str),
    /// Another rule decides.
    NotApplicable(String),
}

const SOFTENINGS: &[(&str, Excuse)] =
    &[("ingress-tls-missing", has_balancer), ("netpol-ingress-open", is_served_to_all)];

/// Takes back what the other side explains. What that side did not tell excuses nothing, and is named.
pub(crate) fn soften(outcomes: &mut [Outcome], world: &World<'_>, edges: &Edges) {
    for view in &world.clusters {
        let Ok(kube) = view.kube else { continue };
        let sides = view.aws.as_ref().map(|aws| Sides {
            view,
            aws,
            kube,
            edges,
            policies: OnceCell::new(),
        });
        for outcome in &mut *outcomes {
            let excuse = SOFTENINGS.iter().find(|(rule, _)| *rule == outcome.rule.id);
            let Some((_, excuse)) = excuse.filter(|_| outcome.scope.clusters.contains(&view.id))
            else {
                continue;
            };
            let Ok(Judgement::Fail { facts, not_considered, .. }) = &mut outcome.verdict else {
                continue;
            };
            let softer = match &sides {
                Some(sides) => excuse(&outcome.subject, sides),
                None => no_aws(&view.id, world).map(|_| None),
            };
            outcome.verdict = match softer {
                Ok(None) => continue,
                Ok(Some(Softer::Accepted(why))) => Ok(Judgement::accepted(facts.clone(), why)),
                Ok(Some(Softer::NotApplicable(why))) => Ok(Judgement::not_applicable(why)),
                Err(gap) => {
                    not_considered.push(gap);
                    continue;
                }
            };
        }
    }
}

/// The load balancer of an Ingress is there, with its listeners: what it serves counts, not what was asked for.
fn has_balancer(subject: &Subject, sides: &Sides<'_>) -> Result<Option<Softer>, Gap> {
    let Some((namespace, name)) = object(subject) else { return Ok(None) };
    let ingresses = sides.kube.ingresses.known()?;
    let Some(ingress) = named(ingresses, namespace, name) else { return Ok(None) };
    let mut balancers = sides.aws.region.region.load_balancers.known()?.iter();
    let made = balancers.find(|it| it.is_of(sides.view.id.name()) && is_of_ingress(it, ingress));
    let Some(balancer) = made else { return Ok(None) };
    balancer.listeners.known()?;
    let why = format!("lb-cleartext-listener judges load balancer {}", balancer.name);
    Ok(Some(Softer::NotApplicable(why)))
}

/// Policies open nothing of a namespace but single ports of workloads that a load balancer serves to everyone.
fn is_served_to_all(subject: &Subject, sides: &Sides<'_>) -> Result<Option<Softer>, Gap> {
    let (view, edges) = (sides.view, sides.edges);
    let Some((_, namespace)) = object(subject) else { return Ok(None) };
    let policies = sides.policies.get_or_init(|| Netpols::resolve(sides.kube));
    let mut open = BTreeSet::new();
    for pod in sides.kube.workloads_in(namespace).iter().filter(|it| !it.template.host_network) {
        for end in [Endpoint::Internet, Endpoint::Stranger] {
            let (openings, unsure) = policies.openings(pod, Direction::Ingress, end);
            if unsure || !openings.iter().all(is_of_ports) {
                return Ok(None);
            }
            open.extend(openings.first().map(|_| view.workload(pod)));
        }
    }
    if open.is_subset(&edges.balanced) {
        return Ok(Some(Softer::Accepted("an internet-facing load balancer serves these ports")));
    }
    match edges.exposure_gaps.get(&view.id).and_then(BTreeSet::first) {
        Some(gap) => Err(gap.clone()),
        None => Ok(None),
    }
}

/// Whether a policy opens ports that it names.
fn is_of_ports(opening: &Opening<'_>) -> bool {
    opening.by.is_some()
        && opening.ports.iter().all(|(_, first, last)| (*first, *last) != (0, u16::MAX))
}

/// Namespace and name of an object.
fn object(subject: &Subject) -> Option<(&str, &str)> {
    match subject.parts() {
        Parts::Object { namespace, name, .. } => Some((namespace, name)),
        _ => None,
    }
}
