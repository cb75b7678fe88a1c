use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::{cluster::Namespace, order::named, workload::Workload},
    namespaces::{SYSTEM, managed_only},
    rbac::identity::Identity,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &["4.1.5"],
    check: Check::Namespace(check),
};

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let name = namespace.metadata.name.as_str();
    let workloads = context.kube.workloads_in(name);
    if SYSTEM.contains(&name) && managed_only(namespace, workloads) {
        context.kube.all_workloads()?;
        return Ok(Judgement::not_applicable("only managed components"));
    }
    any([used(workloads, context), mounted(name, workloads, context)])
}

fn used(workloads: &[Workload], context: &Context<'_>) -> Verdict {
    let uses = |it: &Workload| it.specs().any(|spec| spec.service_account() == "default");
    let say = |it: &Workload| {
        uses(it).then(|| format!("{} {} runs as account default", it.kind.to_lowercase(), it.name))
    };
    let facts: Vec<String> = workloads.iter().filter_map(say).collect();
    match context.kube.workload_gaps.first() {
        Some(gap) if facts.is_empty() => Err(gap.clone()),
        _ if workloads.is_empty() => Ok(Judgement::not_applicable("nothing runs here")),
        _ => Ok(Judgement::of(facts)),
    }
}

/// Whether the account's token goes into pods that do not refuse it: the API's default.
fn mounted(name: &str, workloads: &[Workload], context: &Context<'_>) -> Verdict {
    let own = named(context.kube.service_accounts.known()?, name, "default");
    let setting = own.and_then(|it| it.automount_service_account_token);
    if setting == Some(false) {
        return Ok(Judgement::pass());
    }
    if workloads.is_empty() {
        context.kube.all_workloads()?;
        if !context.rbac.names(&Identity::service_account(name, "default"))? {
            return Ok(Judgement::not_applicable("nothing runs here and nothing is bound"));
        }
    }
    let text = setting.map_or("not set".to_owned(), |it| it.to_string());
    Ok(Judgement::of(vec![format!("automountServiceAccountToken of account default is {text}")]))
}
