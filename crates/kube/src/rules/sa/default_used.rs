use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    inventory::{cluster::Namespace, workload::Workload},
    namespaces::{SYSTEM, managed_only, workloads_in},
    rbac::identity::Identity,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &["4.1.5"],
    check: Check::Namespace(check),
};

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let name = namespace.metadata.name.as_str();
    let workloads = workloads_in(namespace, kube);
    let unread = kube.workload_gaps.first().cloned();
    let uses = |it: &&&Workload| it.specs().any(|spec| spec.service_account() == "default");
    let users = workloads.iter().filter(uses);
    let mut facts: Vec<String> = users
        .map(|it| format!("{} {} runs as account default", it.kind.to_lowercase(), it.name))
        .collect();
    if unread.is_none() && SYSTEM.contains(&name) && managed_only(namespace, &workloads) {
        return Ok(Judgement::not_applicable("only managed components"));
    }
    let mut gaps = Vec::new();
    match mounts(namespace, context) {
        Ok(None) => (),
        Ok(Some(_)) if workloads.is_empty() && unread.is_some() => gaps.extend(unread),
        Ok(Some(fact)) if !workloads.is_empty() || is_bound(name, context)? => facts.push(fact),
        Ok(Some(_)) => {
            return Ok(Judgement::not_applicable("nothing runs here and nothing is bound"));
        }
        Err(gap) => gaps.push(gap),
    }
    match gaps.first() {
        Some(gap) if facts.is_empty() => Err(gap.clone()),
        _ if facts.is_empty() => Ok(Judgement::pass()),
        _ => Ok(Judgement::Fail { facts, possible: false, not_considered: gaps }),
    }
}

/// The account's own setting, where it lets tokens in: the API's default does.
fn mounts(
    namespace: &Namespace,
    context: &Context<'_>,
) -> Result<Option<String>, eksray_rule::Gap> {
    let accounts = context.kube.service_accounts.known()?;
    let default = accounts.iter().find(|it| {
        it.metadata.namespace == namespace.metadata.name && it.metadata.name == "default"
    });
    let setting = default.and_then(|it| it.automount_service_account_token);
    let text = setting.map_or("not set".to_owned(), |it| it.to_string());
    Ok((setting != Some(false))
        .then(|| format!("automountServiceAccountToken of account default is {text}")))
}

/// Whether a binding names the account, or the accounts of its namespace.
fn is_bound(namespace: &str, context: &Context<'_>) -> Result<bool, eksray_rule::Gap> {
    context.rbac.names(&Identity::service_account(namespace, "default"))
}
