use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{each, namespace, possible};
use crate::{
    Check, Context, Rule,
    admission::{engine::engine, labels_of},
    inventory::admission::{Webhook, WebhookConfiguration},
    namespaces::{first_five, users},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Policy],
    cis: &[],
    check: Check::Webhooks(check),
};

fn check(configuration: &WebhookConfiguration, context: &Context<'_>) -> Verdict {
    each(configuration, |it| {
        if !engine(configuration, it).is_some_and(|engine| engine.judges_by(it)) {
            return Ok(Judgement::not_applicable("guards nothing but objects of its own"));
        }
        let ignored = it.failure_policy.as_deref() == Some("Ignore");
        let open = ignored.then(|| format!("webhook {}: failurePolicy: Ignore", it.name));
        any([Ok(Judgement::of(open.into_iter().collect())), left_out(it, context)])
    })
}

/// Namespaces with workloads of users that the webhook does not see, or not wholly.
fn left_out(webhook: &Webhook, context: &Context<'_>) -> Verdict {
    let (namespaces, objects) = (&webhook.namespace_selector, &webhook.object_selector);
    let conditions = &webhook.match_conditions;
    if namespaces.is_everything() && objects.is_everything() && conditions.is_empty() {
        return Ok(Judgement::pass());
    }
    let own = webhook.client_config.service.as_ref().map_or("", |it| it.namespace.as_str());
    let users = users(context.kube);
    let theirs = users.iter().filter(|(name, _)| **name != own);
    let mut parts: Vec<Verdict> = Vec::new();
    for (name, workloads) in theirs {
        let Some(it) = namespace(context.kube, name)? else { continue };
        let say = |by: &str| format!("webhook {}: {by} leaves out namespace {name}", webhook.name);
        let unseen = workloads.iter().filter(|it| !objects.matches(&it.pod_labels));
        let unseen: Vec<&str> = unseen.map(|it| it.name.as_str()).collect();
        let quoted = format!("\"{name}\"");
        let named = |it: &str| it.replace('\'', "\"").contains(&quoted);
        if !namespaces.matches(&labels_of(it)) {
            parts.push(Ok(Judgement::of(vec![say("namespaceSelector")])));
        } else if !unseen.is_empty() {
            let fact = format!("{}: {}", say("objectSelector"), first_five(&unseen));
            parts.push(Ok(Judgement::of(vec![fact])));
        } else if let Some(it) = conditions.iter().find(|it| named(&it.expression)) {
            parts.push(possible(say(&format!("matchConditions {}", it.name))));
        }
    }
    parts.extend(context.kube.workload_gaps.first().cloned().map(Err));
    any(parts)
}
