use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    admission::{Guard, images::verified},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Policy],
    cis: &["5.1.4"],
    check: Check::Cluster(check),
};

/// Groups of verifiers, which do nothing without a policy or a webhook.
const VERIFIERS: &[&str] = &[
    "config.ratify.deislabs.io",
    "config.ratify.dev",
    "policy.sigstore.dev",
    "securityenforcement.admission.cloud.ibm.com",
];

fn check(context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let mut facts = vec!["nothing that denies verifies signatures of images".to_owned()];
    let possible = match verified(kube)? {
        Guard::Stops(by) => {
            return Ok(Judgement::Pass { facts: vec![format!("verified by {by}")] });
        }
        Guard::Maybe(by) => {
            facts.push(format!("perhaps verified by {by}"));
            true
        }
        Guard::Nothing => false,
    };
    let mut not_considered = Vec::new();
    match kube.custom_resource_definitions.known() {
        Ok(definitions) => {
            let groups = definitions.iter().map(|it| it.spec.group.as_str());
            let mut idle: Vec<&str> = groups.filter(|it| VERIFIERS.contains(it)).collect();
            idle.sort_unstable();
            idle.dedup();
            facts
                .extend(idle.iter().map(|it| format!("{it} is installed, but no webhook asks it")));
        }
        Err(gap) => not_considered.push(gap),
    }
    Ok(Judgement::Fail { facts, possible, not_considered })
}
