use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    catalogue::interface,
    inventory::{order::within, workload::Workload},
    namespaces::first_five,
    service::behind,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let found = interface(workload).filter(|(it, _)| it.controls_cluster);
    let Some((tool, image)) = found else { return Ok(Judgement::pass()) };
    let (kube, rbac) = (context.kube, context.rbac);
    let mut facts = vec![format!("{} runs, image {image}", tool.name)];
    let flags = workload.containers().flat_map(|(_, it)| &it.flags);
    facts.extend(flags.map(|it| format!("argument {it}")));
    let account = workload.template.service_account();
    let own = |kind: &str, namespace: &str, name: &str| {
        kind == "ServiceAccount" && namespace == workload.namespace && name == account
    };
    let grants = rbac
        .grants
        .iter()
        .filter(|it| own(&it.subject.kind, &it.subject.namespace, &it.subject.name));
    let roles: Vec<String> = grants
        .map(|it| {
            let scope = if it.is_cluster_wide() { " everywhere" } else { "" };
            format!("{}{scope}", it.binding.role_ref.name)
        })
        .collect();
    if !roles.is_empty() {
        facts.push(format!("its account {account} has roles {}", first_five(&roles)));
    }
    let services = kube.services.known().map(Vec::as_slice).unwrap_or_default();
    let here = within(services, &workload.namespace).iter();
    let fronts = here.filter(|it| behind(it, kube).any(|it| it == workload));
    for service in fronts {
        let (name, kind) = (&service.metadata.name, &service.spec.type_);
        let kind = if kind.is_empty() { "ClusterIP" } else { kind };
        facts.push(format!("Service {name} of type {kind} in front"));
        let ingresses = kube.ingresses.known().map(Vec::as_slice).unwrap_or_default();
        let here = within(ingresses, &workload.namespace).iter();
        let here = here.filter(|it| it.backends().any(|it| it.name == *name));
        facts.extend(here.map(|it| format!("Ingress {} in front", it.metadata.name)));
    }
    let read =
        [rbac.gaps.first().cloned(), kube.services.gap().cloned(), kube.ingresses.gap().cloned()];
    let not_considered = read.into_iter().flatten().collect();
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
