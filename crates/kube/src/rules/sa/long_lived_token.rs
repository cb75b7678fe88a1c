use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::{cluster::ServiceAccount, pod::PodSpec, workload::Workload},
    managed::is_managed_by_aws,
    rbac::identity::Identity,
    tokens,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::ServiceAccountAndWorkload(account, workload),
};

fn account(account: &ServiceAccount, context: &Context<'_>) -> Verdict {
    let secrets = tokens::token_secrets(account).take(5);
    let mut facts: Vec<String> = secrets.map(|it| format!("secrets lists {it}")).collect();
    facts.extend(tokens::long_annotation(&account.metadata.annotations));
    let mut not_considered = Vec::new();
    match tokens::is_managed(account, context.kube) {
        _ if facts.is_empty() => return Ok(Judgement::pass()),
        Ok(true) => return Ok(Judgement::accepted(facts, "managed by AWS")),
        Ok(false) => (),
        Err(gap) => not_considered.push(gap),
    }
    let identity = Identity::service_account(&account.metadata.namespace, &account.metadata.name);
    match context.rbac.admin_equivalent(&identity, context.kube.minor().ok()) {
        Ok(powers) => facts.extend(powers.first().map(|it| format!("the account {it}"))),
        Err(gap) => not_considered.push(gap),
    }
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}

fn workload(workload: &Workload, context: &Context<'_>) -> Verdict {
    let annotation = tokens::long_annotation(&workload.pod_annotations);
    let annotation = Judgement::of(annotation.into_iter().collect());
    let specs = workload.specs().map(|it| mounted(it, &workload.namespace, context));
    Ok(match any(specs.chain([Ok(annotation)]))? {
        Judgement::Fail { facts, .. } if is_managed_by_aws(workload) => {
            Judgement::accepted(facts, "managed by AWS")
        }
        other => other,
    })
}

fn mounted(spec: &PodSpec, namespace: &str, context: &Context<'_>) -> Verdict {
    let secrets = tokens::mounted_secrets(spec).filter(|it| it.contains("-token"));
    let secrets = secrets.map(|it| tokens::mounted_token(it, namespace, context.kube));
    any(secrets.chain([Ok(Judgement::of(tokens::long_projected(spec)))]))
}
