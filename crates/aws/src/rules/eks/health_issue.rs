use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, Rule, inspect::first};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Health(check),
};

/// Worst first: without its key a cluster is lost.
const URGENT: [&str; 7] = [
    "KmsKeyDisabled",
    "KmsKeyMarkedForDeletion",
    "KmsKeyNotFound",
    "KmsGrantRevoked",
    "IamRoleNotFound",
    "Ec2SecurityGroupNotFound",
    "AccessDenied",
];

fn check(status: &str, issues: &[String]) -> Verdict {
    let mut issues: Vec<&String> = issues.iter().collect();
    let urgency = |code: &str| URGENT.iter().position(|it| *it == code).unwrap_or(URGENT.len());
    issues.sort_by_key(|it| (urgency(it), it.as_str()));
    issues.dedup();
    let mut facts = first(issues.iter().map(|it| format!("health.issues contains {it}")));
    let failed = ["DEGRADED", "FAILED", "CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED"];
    if failed.contains(&status) {
        facts.push(format!("status is {status}"));
    }
    Ok(Judgement::of(facts))
}
