use std::collections::BTreeSet;

use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::{order::named, pod::PodSpec, workload::Workload},
    managed::is_managed_by_aws,
    rbac::identity::Identity,
    tokens,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &["4.1.6"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    if workload.mirror {
        return Ok(Judgement::not_applicable("a static pod has no service account"));
    }
    let mut seen = BTreeSet::new();
    let specs = workload
        .specs()
        .filter(|it| seen.insert((it.service_account(), it.automount_service_account_token)));
    Ok(match any(specs.map(|it| mounted(it, &workload.namespace, context)))? {
        Judgement::Fail { facts, .. } if is_managed_by_aws(workload) => {
            Judgement::accepted(facts, "managed by AWS")
        }
        other => other,
    })
}

fn mounted(spec: &PodSpec, namespace: &str, context: &Context<'_>) -> Verdict {
    let name = spec.service_account();
    let setting = "automountServiceAccountToken";
    let fact = match spec.automount_service_account_token {
        Some(false) => return Ok(Judgement::pass()),
        _ if tokens::has_own_token(spec) => return Ok(Judgement::pass()),
        Some(true) => format!("{setting} of the pod is true"),
        None => {
            let own = named(context.kube.service_accounts.known()?, namespace, name);
            match own.and_then(|it| it.automount_service_account_token) {
                Some(false) => return Ok(Judgement::pass()),
                Some(true) => format!("{setting} of account {name} is true"),
                None => format!("{setting} of the pod and of account {name} is not set"),
            }
        }
    };
    if context.rbac.names(&Identity::service_account(namespace, name))? {
        return Ok(Judgement::pass());
    }
    Ok(Judgement::of(vec![fact, format!("no binding names account {name}")]))
}
