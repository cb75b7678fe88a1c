use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{each, possible, sees_secrets};
use crate::{
    Check, Context, Rule,
    admission::engine::{engine, host, is_served_by_eks},
    inventory::admission::{Webhook, WebhookConfiguration},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Policy],
    cis: &[],
    check: Check::Webhooks(check),
};

fn check(configuration: &WebhookConfiguration, _: &Context<'_>) -> Verdict {
    each(configuration, |it| {
        if is_served_by_eks(configuration, it) {
            return Ok(Judgement::not_applicable("served beside the API server"));
        }
        any([outside(it), secrets(it, engine(configuration, it).map(|it| it.name))])
    })
}

fn outside(webhook: &Webhook) -> Verdict {
    let outside = webhook.client_config.url.as_deref().filter(|it| !is_in_cluster(host(it)));
    let say = |url: &str| format!("webhook {}: url {url} is outside the cluster", webhook.name);
    Ok(Judgement::of(outside.map(say).into_iter().collect()))
}

fn is_in_cluster(host: &str) -> bool {
    let name = host.strip_suffix(".cluster.local").unwrap_or(host);
    name.rsplit('.').next() == Some("svc")
}

fn secrets(webhook: &Webhook, engine: Option<&str>) -> Verdict {
    let Some(rule) = webhook.rules.iter().find(|it| sees_secrets(it)) else {
        return Ok(Judgement::pass());
    };
    let fact = format!(
        "webhook {}: receives Secrets by apiGroups {:?}, resources {:?}",
        webhook.name, rule.api_groups, rule.resources
    );
    if let Some(engine) = engine {
        return Ok(Judgement::Pass { facts: vec![format!("{fact}; it is of {engine}")] });
    }
    let conditions = webhook.match_conditions.iter();
    let mut texts = conditions.map(|it| it.expression.replace(' ', "").replace('\'', "\""));
    match texts.find(|it| it.contains("secrets")) {
        Some(it) if it.contains("!=\"secrets\"") => Ok(Judgement::pass()),
        Some(_) => possible(format!("{fact}, perhaps narrowed by its matchConditions")),
        None => Ok(Judgement::of(vec![fact])),
    }
}
