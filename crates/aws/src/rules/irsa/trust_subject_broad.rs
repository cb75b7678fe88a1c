use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Cluster, behind};
use crate::{
    AccountContext, Check, Rule,
    iam::{Answer, web_identity},
    inventory::iam::{OidcProvider, Role},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &["5.2.1"],
    check: Check::RoleIssuer(check),
};

fn check(role: &Role, provider: &OidcProvider, context: &AccountContext<'_>) -> Verdict {
    match behind(provider, context)? {
        Cluster::Live => {}
        Cluster::Gone(_) => {
            return Ok(Judgement::not_applicable("judged by irsa-provider-orphaned"));
        }
        Cluster::NotLookedAt(why) => return Ok(Judgement::not_applicable(why)),
    }
    let admission = web_identity(role, provider)?;
    let broad = admission.0.iter().filter(|(subjects, _)| !subjects.is_exact());
    let (facts, answers): (Vec<String>, Vec<Answer>) = broad
        .map(|(subjects, decision)| {
            (format!("admits {subjects} ({})", decision.by.join(", ")), decision.answer)
        })
        .unzip();
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let possible = answers.iter().all(|it| *it == Answer::Maybe);
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
