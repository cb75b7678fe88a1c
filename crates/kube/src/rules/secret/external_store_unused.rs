use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{consumed, reads_external_store};
use crate::{Check, Context, Rule, managed::is_managed_by_aws};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(4), Part::SecretsManager],
    cis: &["4.4.2"],
    check: Check::Cluster(check),
};

/// Kinds that bring values from a store, or send them to one.
const DELIVERS: &[&str] = &["ClusterExternalSecret", "ExternalSecret", "PushSecret"];

/// Groups of providers; of the last only the definitions are looked at.
const PROVIDERS: &[&str] =
    &["external-secrets.io", "secrets-store.csi.x-k8s.io", "secrets.hashicorp.com"];

fn check(context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let workloads = kube.all_workloads()?;
    let objects = kube.external_secrets.known()?;
    let definitions = kube.custom_resource_definitions.known()?;
    let consumers: Vec<_> = workloads
        .iter()
        .filter(|it| !is_managed_by_aws(it))
        .filter_map(|it| Some((it, consumed(it).into_iter().next()?)))
        .collect();
    let Some((first, secret)) = consumers.first() else {
        return Ok(Judgement::not_applicable("no workload consumes a Secret"));
    };
    let delivered = objects.iter().find(|it| DELIVERS.contains(&it.kind.as_str()));
    if let Some(it) = delivered {
        let (kind, name) = (&it.kind, &it.metadata.name);
        return Ok(Judgement::Pass { facts: vec![format!("{kind} {name} exists")] });
    }
    if let Some(it) = workloads.iter().find(|it| reads_external_store(it)) {
        let fact = format!("{} {}/{} reads an external store", it.kind, it.namespace, it.name);
        return Ok(Judgement::Pass { facts: vec![fact] });
    }
    let (kind, namespace, name) = (&first.kind, &first.namespace, &first.name);
    let mut facts = vec![
        format!("workloads that consume Secrets: {}", consumers.len()),
        format!("{kind} {namespace}/{name} consumes Secret {secret}"),
    ];
    let groups = definitions.iter().map(|it| it.spec.group.as_str());
    let mut idle: Vec<&str> = groups.filter(|it| PROVIDERS.contains(it)).collect();
    idle.sort_unstable();
    idle.dedup();
    let vault = idle.contains(&"secrets.hashicorp.com");
    facts.extend(idle.iter().map(|it| format!("{it} is installed, but nothing read uses it")));
    Ok(Judgement::Fail { facts, possible: vault, not_considered: Vec::new() })
}
