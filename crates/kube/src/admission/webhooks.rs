//! Webhooks of policy engines: whether an engine sees pods of a namespace at all.

use eksray_rule::Gap;

use super::{Guard, Place};
use crate::inventory::{
    Kube,
    admission::{Webhook, WebhookConfiguration, WebhookRule},
};

/// Engines whose policies are not read, by how their webhooks or Services are named.
const OTHER_ENGINES: &[(&str, &str)] = &[
    ("datree", "Datree"),
    ("jspolicy", "jsPolicy"),
    ("kubewarden", "Kubewarden"),
    ("neuvector", "NeuVector"),
];

/// Whether an engine's webhook sees pods as they are created in a namespace.
pub(super) fn sees(engine: &str, place: Place<'_>, kube: &Kube) -> Result<bool, Gap> {
    let mut webhooks = of_engine(engine, kube)?;
    Ok(webhooks
        .any(|it| it.namespace_selector.matches(place.labels) && it.rules.iter().any(on_pods)))
}

/// Whether an engine has a webhook at all.
pub(super) fn runs(engine: &str, kube: &Kube) -> Result<bool, Gap> {
    Ok(of_engine(engine, kube)?.next().is_some())
}

/// Another engine that sees pods of a namespace.
pub(super) fn guard(place: Place<'_>, kube: &Kube) -> Result<Guard, Gap> {
    for (id, name) in OTHER_ENGINES {
        if sees(id, place, kube)? {
            return Ok(Guard::Maybe(format!("{name}, whose policies are not read")));
        }
    }
    Ok(Guard::Nothing)
}

/// Another engine anywhere in the cluster.
pub(super) fn other_engine(kube: &Kube) -> Result<Guard, Gap> {
    for (id, name) in OTHER_ENGINES {
        if runs(id, kube)? {
            return Ok(Guard::Maybe(format!("{name}, whose policies are not read")));
        }
    }
    Ok(Guard::Nothing)
}

fn of_engine<'a>(
    engine: &'a str,
    kube: &'a Kube,
) -> Result<impl Iterator<Item = &'a Webhook>, Gap> {
    let configurations = kube.validating_webhooks.known()?.iter();
    Ok(configurations.flat_map(move |configuration| {
        configuration.webhooks.iter().filter(move |it| is_of(configuration, it, engine))
    }))
}

fn is_of(configuration: &WebhookConfiguration, webhook: &Webhook, engine: &str) -> bool {
    let service = webhook.client_config.service.as_ref();
    let service = service.map(|it| [it.namespace.as_str(), it.name.as_str()]).unwrap_or_default();
    let names = [configuration.metadata.name.as_str(), webhook.name.as_str()];
    names.into_iter().chain(service).any(|it| it.contains(engine))
}

fn on_pods(rule: &WebhookRule) -> bool {
    let has =
        |list: &[String], values: &[&str]| list.iter().any(|it| values.contains(&it.as_str()));
    has(&rule.operations, &["CREATE", "*"])
        && has(&rule.api_groups, &["", "*"])
        && has(&rule.resources, &["pods", "*", "*/*", "pods/*"])
}
