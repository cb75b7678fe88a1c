use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    inventory::{cluster::ServiceAccount, workload::Workload},
    managed::is_managed_by_aws,
    rbac::{identity::Identity, power::first_five},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &["5.2.1"],
    check: Check::ServiceAccount(check),
};

const ROLE: &str = "eks.amazonaws.com/role-arn";

fn check(account: &ServiceAccount, context: &Context<'_>) -> Verdict {
    let (namespace, name) = (&account.metadata.namespace, &account.metadata.name);
    if name == "default" {
        return Ok(Judgement::not_applicable("judged by sa-default-used"));
    }
    let around = context.kube.workloads_in(namespace).iter();
    let users: Vec<&Workload> =
        around.filter(|it| it.specs().any(|it| it.service_account() == name)).collect();
    let gap = context.kube.workload_gaps.first().cloned();
    if users.len() < 2 {
        return gap.map_or(Ok(Judgement::pass()), Err);
    }
    let names: Vec<String> =
        users.iter().map(|it| format!("{} {}", it.kind.to_lowercase(), it.name)).collect();
    let mut facts = vec![format!("used by {}", first_five(&names))];
    if is_one_release(&users) {
        return gap.map_or(Ok(Judgement::Pass { facts }), Err);
    }
    if account.metadata.annotations.contains_key(ROLE) {
        facts.push(format!("annotation {ROLE} is set"));
    } else if context.rbac.names(&Identity::service_account(namespace, name))? {
        facts.push("a binding names it".to_owned());
    } else {
        return Ok(Judgement::Pass { facts });
    }
    if gap.is_none() && users.iter().all(|it| is_managed_by_aws(it)) {
        return Ok(Judgement::accepted(facts, "managed by AWS"));
    }
    Ok(Judgement::Fail { facts, possible: false, not_considered: gap.into_iter().collect() })
}

/// Whether workloads carry the labels of one release.
fn is_one_release(users: &[&Workload]) -> bool {
    let label = |it: &&Workload, key: &str| {
        let key = format!("app.kubernetes.io/{key}");
        it.metadata.labels.get(&key).or_else(|| it.pod_labels.get(&key)).cloned()
    };
    let release = |it: &&Workload| (label(it, "instance"), label(it, "part-of"));
    let first = release(&users[0]);
    first.0.is_some() && users.iter().all(|it| release(it) == first)
}
