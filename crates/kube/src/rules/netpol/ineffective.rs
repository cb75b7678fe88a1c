use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{blocks, is_young, peers, uncovered};
use crate::{
    Check, Context, Rule,
    inventory::{meta::LabelSelector, netpol::NetworkPolicy},
    netpol::{Answer, engine, policy_of},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::NetworkPolicy(check),
};

fn check(policy: &NetworkPolicy, context: &Context<'_>) -> Verdict {
    if is_young(policy, context) {
        return Ok(Judgement::not_applicable("less than an hour old"));
    }
    let meant = policy_of(policy);
    let unread = || context.kube.workload_gaps.first().cloned();
    let selects = match (context.netpols.any(&meant.subject), unread()) {
        (Answer::No, Some(gap)) => return Err(gap),
        (Answer::No, None) if policy.spec.pod_selector == LabelSelector::default() => {
            return Ok(Judgement::not_applicable("a default of a namespace without pods"));
        }
        (Answer::No, None) => Judgement::of(vec!["podSelector selects no workload".to_owned()]),
        _ => Judgement::pass(),
    };
    let mut parts = vec![Ok(selects)];
    parts.extend(peers(&meant, context));
    parts.push(Ok(Judgement::of(uncovered(&meant, context))));
    parts.push(Ok(Judgement::of(blocks(&meant, context))));
    parts.extend(unread().map(Err));
    Ok(match any(parts)? {
        Judgement::Fail { mut facts, possible, not_considered } => {
            if engine::enforcing_mode(context.kube) == Some("standard") {
                facts.push(
                    "NETWORK_POLICY_ENFORCING_MODE: standard, pods are open while they start"
                        .to_owned(),
                );
            }
            Judgement::Fail { facts, possible, not_considered }
        }
        other => other,
    })
}
