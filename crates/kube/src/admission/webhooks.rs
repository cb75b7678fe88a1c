//! Webhooks of policy engines: whether an engine sees pods of a namespace at all.

use eksray_rule::Gap;

use super::{
    Guard, Place,
    engine::{Engine, engine},
    narrowed,
};
use crate::inventory::{
    Kube,
    admission::{Webhook, WebhookRule},
};

/// Engines whose policies are read.
const READ: &[&str] = &["Kyverno", "Gatekeeper"];

/// What is left of a guard after its engine's webhook: nothing where no pod of the namespace is sent to it,
/// and no proof where only some are.
pub(super) fn through(
    name: &str,
    guard: Guard,
    place: Place<'_>,
    kube: &Kube,
) -> Result<Guard, Gap> {
    if guard == Guard::Nothing {
        return Ok(guard);
    }
    let sights = of_engine(kube, |it| it.name == name)?.filter_map(|(_, it)| sight(it, place));
    Ok(match sights.min() {
        None => Guard::Nothing,
        Some("") => guard,
        Some(by) => narrowed(guard, by),
    })
}

/// Whether an engine has a webhook at all.
pub(super) fn runs(name: &str, kube: &Kube) -> Result<bool, Gap> {
    Ok(of_engine(kube, |it| it.name == name)?.next().is_some())
}

/// Another engine that sees pods of a namespace.
pub(super) fn guard(place: Place<'_>, kube: &Kube) -> Result<Guard, Gap> {
    let mut others = of_engine(kube, is_unread)?.filter(|(_, it)| sight(it, place).is_some());
    Ok(others.next().map_or(Guard::Nothing, |(engine, _)| unread(engine)))
}

/// Another engine anywhere in the cluster.
pub(super) fn other_engine(kube: &Kube) -> Result<Guard, Gap> {
    Ok(of_engine(kube, is_unread)?.next().map_or(Guard::Nothing, |(engine, _)| unread(engine)))
}

/// The webhooks that judge, with the engine that each is of.
pub(super) fn of_engine<'a>(
    kube: &'a Kube,
    wanted: impl Fn(&Engine) -> bool + 'a,
) -> Result<impl Iterator<Item = (&'static Engine, &'a Webhook)>, Gap> {
    let configurations = kube.validating_webhooks.known()?.iter();
    let webhooks = configurations.flat_map(|configuration| {
        configuration.webhooks.iter().filter_map(|it| Some((engine(configuration, it)?, it)))
    });
    Ok(webhooks.filter(move |(engine, it)| wanted(engine) && engine.judges_by(it)))
}

fn is_unread(engine: &Engine) -> bool {
    !engine.verifies_images && !READ.contains(&engine.name)
}

fn unread(engine: &Engine) -> Guard {
    Guard::Maybe(format!("{}, whose policies are not read", engine.name))
}

/// Whether pods of a namespace are sent to a webhook as they are created: what narrows that, or nothing.
fn sight(webhook: &Webhook, place: Place<'_>) -> Option<&'static str> {
    let sees =
        webhook.namespace_selector.matches(place.labels) && webhook.rules.iter().any(on_pods);
    let narrow = match webhook {
        it if !it.object_selector.is_everything() => "objectSelector of the webhook",
        it if !it.match_conditions.is_empty() => "matchConditions of the webhook",
        _ => "",
    };
    sees.then_some(narrow)
}

fn on_pods(rule: &WebhookRule) -> bool {
    let has =
        |list: &[String], values: &[&str]| list.iter().any(|it| values.contains(&it.as_str()));
    has(&rule.operations, &["CREATE", "*"])
        && has(&rule.api_groups, &["", "*"])
        && has(&rule.resources, &["pods", "*", "*/*", "pods/*"])
        && rule.scope.as_deref() != Some("Cluster")
}
