//! What rules about webhooks ask of each webhook of a configuration.

use eksray_rule::{Gap, Judgement, Verdict, any};

use crate::{
    admission::labels_of,
    inventory::{
        Kube,
        admission::{Webhook, WebhookConfiguration, WebhookRule},
        cluster::Namespace,
        meta::Labels,
        order::named,
    },
};

/// Joins what is said of each webhook.
pub(super) fn each(
    configuration: &WebhookConfiguration,
    judge: impl Fn(&Webhook) -> Verdict,
) -> Verdict {
    if configuration.webhooks.is_empty() {
        return Ok(Judgement::not_applicable("no webhooks"));
    }
    any(configuration.webhooks.iter().map(judge))
}

/// A failure that rests on an expression which is not evaluated.
pub(super) fn possible(fact: String) -> Verdict {
    Ok(Judgement::Fail { facts: vec![fact], possible: true, not_considered: Vec::new() })
}

/// Whether a rule is about whatever is made or changed.
pub(super) fn stops_everything(rule: &WebhookRule) -> bool {
    has(&rule.operations, &["CREATE", "UPDATE", "*"])
        && has(&rule.resources, &["*", "*/*"])
        && has(&rule.api_groups, &["", "*"])
        && rule.scope.as_deref() != Some("Cluster")
}

/// Whether Secrets are sent; one that is deleted is sent, too.
pub(super) fn sees_secrets(rule: &WebhookRule) -> bool {
    has(&rule.operations, &["CREATE", "UPDATE", "DELETE", "*"])
        && has(&rule.api_groups, &["", "*"])
        && has(&rule.resources, &["secrets", "secrets/*", "*", "*/*"])
        && rule.scope.as_deref() != Some("Cluster")
}

/// Whether a webhook sees objects of `kube-system`.
pub(super) fn sees_system(webhook: &Webhook, kube: &Kube) -> Result<bool, Gap> {
    let (name, key) = ("kube-system", "kubernetes.io/metadata.name");
    if webhook.namespace_selector.is_everything() {
        return Ok(true);
    }
    let labels = namespace(kube, name)?.map(labels_of);
    let labels = labels.unwrap_or_else(|| Labels::from([(key.to_owned(), name.to_owned())]));
    Ok(webhook.namespace_selector.matches(&labels))
}
/// Whether a list of names has one of these.
fn has(list: &[String], names: &[&str]) -> bool {
    list.iter().any(|it| names.contains(&it.as_str()))
}

/// A namespace by name.
pub(super) fn namespace<'a>(kube: &'a Kube, name: &str) -> Result<Option<&'a Namespace>, Gap> {
    Ok(named(kube.namespaces.known()?, "", name))
}
