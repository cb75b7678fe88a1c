use std::collections::BTreeSet;

use eksray_rule::{ClusterId, Judgement, Part, Severity, Verdict};

use super::shared::{Cluster, behind, is_trusted, unread_provider};
use crate::{
    AccountContext, Check, Rule,
    iam::{Answer, reach::issuers_of, web_identity},
    inventory::iam::{OidcProvider, Role},
    issuers,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::RoleIssuers(check),
};

fn check(role: &Role, providers: &[&OidcProvider], context: &AccountContext<'_>) -> Verdict {
    let clusters = issuers_of(context);
    let (mut own, mut sure, mut gone) = (BTreeSet::new(), Vec::new(), Vec::new());
    let mut gap = unread_provider(context);
    for provider in providers {
        let admission = match web_identity(role, provider) {
            Ok(admission) if admission.is_empty() => continue,
            Ok(admission) => admission,
            Err(it) => {
                gap.get_or_insert(it);
                continue;
            }
        };
        let (issuer, is_sure) = (issuers::bare(&provider.url), admission.answer() == Answer::Yes);
        match behind(provider, context) {
            Ok(Cluster::Live) => {
                let ids: &BTreeSet<ClusterId> = &clusters[issuer];
                sure.extend(ids.iter().map(|it| (format!("admits tokens of {it}"), is_sure)));
                own.extend(ids.iter().cloned());
            }
            Ok(Cluster::Gone(region)) => {
                gone.push(format!("admits tokens of {issuer}, no longer of a cluster in {region}"));
            }
            Ok(Cluster::NotLookedAt(_)) if is_trusted(issuer, context) => {}
            Ok(Cluster::NotLookedAt(why)) => {
                sure.push((format!("admits tokens of {issuer}: {why}"), is_sure));
            }
            Err(it) => drop(gap.get_or_insert(it)),
        }
    }
    let in_one_tier = own.len() == sure.len() && context.settings.is_one_tier(&own);
    if gone.is_empty() && (sure.len() < 2 || in_one_tier) {
        return gap.map_or(Ok(Judgement::pass()), Err);
    }
    if sure.is_empty() {
        return Ok(Judgement::not_applicable("judged by irsa-provider-orphaned"));
    }
    let possible = in_one_tier || sure.iter().filter(|it| it.1).count() < 2;
    let facts = sure.into_iter().map(|it| it.0).chain(gone).collect();
    Ok(Judgement::Fail { facts, possible, not_considered: gap.into_iter().collect() })
}
