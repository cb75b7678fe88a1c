use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    rbac::{Grant, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(3)],
    cis: &["4.1.10"],
    check: Check::Grant(check),
};

/// As whom an API server calls kubelets.
const API_SERVER: &str = "kube-apiserver-kubelet-client";

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let reach = grant.reach();
    let rights = shared::rights(grant, |rules| power::node_proxy(rules, reach));
    if rights.is_empty() {
        let target = [("", "nodes/log")];
        let logs = shared::rights(grant, |rules| power::find(rules, &["get", "create"], &target));
        if grant.is_cluster_wide() && !logs.is_empty() {
            return Ok(Judgement::Pass { facts: shared::facts(grant, &logs) });
        }
    }
    if (grant.binding.role_ref.name.as_str(), grant.subject.name.as_str())
        == ("system:kubelet-api-admin", API_SERVER)
    {
        return Ok(Judgement::accepted(shared::facts(grant, &rights), "the API server's own user"));
    }
    let mut verdict = shared::judge_part(grant, context, |rules| power::node_proxy(rules, reach));
    if let (Ok(Judgement::Fail { facts, .. }), Ok(33..)) = (&mut verdict, context.kube.minor()) {
        facts
            .push("nodes/metrics, nodes/stats, nodes/healthz, … can be granted instead".to_owned());
    }
    verdict
}
