use eksray_rule::{Judgement, Severity, Verdict};

use super::shared::in_the_clear;
use crate::{
    Check, Context, Rule,
    ingress::{Controller, controller, is_internet_facing},
    inventory::network::Ingress,
    namespaces::first_five,
};

pub(crate) const RULE: Rule =
    Rule { severity: Severity::Medium, covers: &[], cis: &["5.4.5"], check: Check::Ingress(check) };

/// Annotations that hand the connection through, or say that the controller ends TLS without `spec.tls`.
const ENDS_ELSEWHERE: &[(&str, &str)] = &[
    ("haproxy-ingress.github.io/ssl-passthrough", "true"),
    ("haproxy.org/ssl-passthrough", "true"),
    ("ingress.kubernetes.io/ssl-passthrough", "true"),
    ("nginx.ingress.kubernetes.io/ssl-passthrough", "true"),
    ("traefik.ingress.kubernetes.io/router.entrypoints", "websecure"),
    ("traefik.ingress.kubernetes.io/router.tls", "true"),
];

fn check(ingress: &Ingress, context: &Context<'_>) -> Verdict {
    match controller(ingress, context.kube)? {
        Controller::Nobody => Ok(Judgement::not_applicable("no class serves it")),
        Controller::Alb(class) => {
            let facts: Vec<String> =
                in_the_clear(ingress, class, context.kube).into_iter().collect();
            if !is_internet_facing(ingress, class) && !facts.is_empty() {
                return Ok(Judgement::Pass {
                    facts: [facts, vec!["scheme: internal".to_owned()]].concat(),
                });
            }
            Ok(Judgement::of(facts))
        }
        Controller::InCluster(name) => {
            let value = |key: &str| ingress.metadata.annotations.get(key).map(String::as_str);
            if let Some((key, _)) = ENDS_ELSEWHERE.iter().find(|(key, it)| value(key) == Some(it)) {
                return Ok(Judgement::Pass { facts: vec![format!("annotation {key}")] });
            }
            let hosts = ingress.hosts();
            let clear: Vec<&str> = hosts.into_iter().filter(|it| !ingress.has_tls(it)).collect();
            let shown: Vec<&str> =
                clear.iter().map(|it| if it.is_empty() { "any host" } else { it }).collect();
            let fact = format!("served by {name} without spec.tls: {}", first_five(&shown));
            Ok(Judgement::of((!shown.is_empty()).then_some(fact).into_iter().collect()))
        }
    }
}
