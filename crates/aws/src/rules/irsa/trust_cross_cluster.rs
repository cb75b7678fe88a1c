use std::collections::BTreeSet;

use eksray_rule::{ClusterId, Judgement, Part, Severity, Verdict};

use super::shared::{Cluster, behind, is_trusted};
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
    let (mut own, mut sure, mut gone, mut gap) = (BTreeSet::new(), Vec::new(), Vec::new(), None);
    for provider in providers {
        let admission = match web_identity(role, provider) {
            Ok(admission) if admission.is_empty() => continue,
            Ok(admission) => admission,
            Err(it) => {
                gap.get_or_insert(it);
                continue;
            }
        };
        let issuer = issuers::bare(&provider.url);
        let is_sure = admission.answer() == Answer::Yes;
        match behind(provider, context) {
            Ok(Cluster::Live) => {
                let ids: BTreeSet<ClusterId> = clusters[issuer].clone();
                sure.extend(ids.iter().map(|it| (format!("admits tokens of {}", it.0), is_sure)));
                own.extend(ids);
            }
            Ok(Cluster::Gone(region)) => gone.push(format!(
                "admits tokens of {issuer}, whose cluster is not in {region} of this account"
            )),
            Ok(Cluster::NotLookedAt(_)) if is_trusted(issuer, context) => {}
            Ok(Cluster::NotLookedAt(why)) => {
                sure.push((format!("admits tokens of {issuer}: {why}"), is_sure));
            }
            Err(it) => drop(gap.get_or_insert(it)),
        }
    }
    let in_one_tier = own.len() == sure.len() && context.settings.is_one_tier(&own);
    if sure.len() < 2 && gone.is_empty() || in_one_tier && gone.is_empty() {
        return gap.map_or(Ok(Judgement::pass()), Err);
    }
    if sure.is_empty() {
        return Ok(Judgement::not_applicable("judged by irsa-provider-orphaned"));
    }
    let possible = in_one_tier || sure.iter().filter(|it| it.1).count() < 2;
    let facts = sure.into_iter().map(|it| it.0).chain(gone).collect();
    Ok(Judgement::Fail { facts, possible, not_considered: gap.into_iter().collect() })
}
