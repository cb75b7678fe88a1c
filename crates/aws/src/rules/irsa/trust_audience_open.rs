use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Cluster, behind};
use crate::{
    AccountContext, Check, Rule,
    iam::{Answer, web_identity, whatever_audience},
    inventory::iam::{OidcProvider, Role},
    issuers,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Iam],
    cis: &[],
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
    if web_identity(role, provider)?.is_empty() {
        return Ok(Judgement::pass());
    }
    let any = whatever_audience(role, provider);
    let issuer = issuers::bare(&provider.url);
    let mut facts: Vec<String> = any
        .0
        .first()
        .map(|(_, decision)| format!("any {issuer}:aud will do ({})", decision.by.join(", ")))
        .into_iter()
        .collect();
    let audiences = provider.client_id_list.iter().filter(|it| !is_sts(it));
    facts.extend(audiences.map(|it| format!("clientIdList of the provider contains {it}")));
    let possible = facts.len() == 1 && any.answer() == Answer::Maybe;
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}

/// The audience of IAM roles for service accounts, in any partition.
fn is_sts(audience: &str) -> bool {
    matches!(audience, "sts.amazonaws.com" | "sts.amazonaws.com.cn")
}
