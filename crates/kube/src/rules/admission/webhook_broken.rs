use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::{each, sees_system, stops_everything};
use crate::{
    Check, Context, Rule,
    admission::engine::is_served_by_eks,
    inventory::{
        Kube,
        admission::{Webhook, WebhookConfiguration},
    },
    service::{Endpoints, endpoints},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Policy],
    cis: &[],
    check: Check::Webhooks(check),
};

fn check(configuration: &WebhookConfiguration, context: &Context<'_>) -> Verdict {
    each(configuration, |it| {
        if is_served_by_eks(configuration, it) {
            return Ok(Judgement::not_applicable("served beside the API server"));
        }
        let say = |facts: Vec<String>| {
            Judgement::of(facts.iter().map(|fact| format!("webhook {}: {fact}", it.name)).collect())
        };
        any([server(it, context.kube).map(say), outage(it, context.kube).map(say)])
    })
}

/// What keeps the API server from asking.
fn server(webhook: &Webhook, kube: &Kube) -> Result<Vec<String>, Gap> {
    let Some(it) = &webhook.client_config.service else { return Ok(Vec::new()) };
    let port = it.port.unwrap_or(443);
    Ok(match endpoints(&it.namespace, &it.name, port, kube)? {
        // Who serves it has written the bundle by then.
        Endpoints::Ready if !webhook.client_config.ca_bundle => {
            vec!["caBundle is empty".to_owned()]
        }
        Endpoints::Ready | Endpoints::NotKnown => Vec::new(),
        Endpoints::None(why) => vec![why],
    })
}

/// What an outage of it would stop.
fn outage(webhook: &Webhook, kube: &Kube) -> Result<Vec<String>, Gap> {
    let ignored = webhook.failure_policy.as_deref() == Some("Ignore");
    if ignored || !webhook.rules.iter().any(stops_everything) {
        return Ok(Vec::new());
    }
    let seconds = webhook.timeout_seconds.filter(|it| 10 < *it);
    let slow =
        seconds.map(|it| format!("failurePolicy: Fail on every resource, timeoutSeconds: {it}"));
    let named = webhook.match_conditions.iter().any(|it| it.expression.contains("kube-system"));
    let all = !named && sees_system(webhook, kube)?;
    let all = all.then(|| "failurePolicy: Fail on every resource, kube-system included".to_owned());
    Ok(slow.into_iter().chain(all).collect())
}
