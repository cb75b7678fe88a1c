use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Context, Rule,
    inventory::rbac::PolicyRule,
    rbac::{Grant, power},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(3)],
    cis: &["4.1.1"],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, context: &Context<'_>) -> Verdict {
    let subject = &grant.subject;
    if (subject.kind.as_str(), subject.name.as_str()) == ("Group", "system:masters") {
        let fact =
            format!("group system:masters is a subject of the binding to {}", shared::role(grant));
        return shared::excuse(grant, context, vec![fact], &everything());
    }
    let reference = &grant.binding.role_ref;
    // The API server restores this role's rules at every start, so its name is proof.
    let by_name =
        (reference.kind.as_str(), reference.name.as_str()) == ("ClusterRole", "cluster-admin");
    let everything_allowed = match &grant.rules {
        _ if by_name => true,
        Err(gap) => return Err(Gap::clone(gap)),
        Ok(None) => return Ok(shared::no_role()),
        Ok(Some(rules)) => power::is_everything(rules),
    };
    if !everything_allowed {
        return Ok(Judgement::pass());
    }
    let fact =
        format!("{} allows * on * of groups * {}", shared::role(grant), shared::place(grant));
    shared::excuse(grant, context, vec![fact], &everything())
}

fn everything() -> Vec<PolicyRule> {
    let star = || vec!["*".to_owned()];
    vec![PolicyRule {
        verbs: star(),
        api_groups: star(),
        resources: star(),
        ..PolicyRule::default()
    }]
}
