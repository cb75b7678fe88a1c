//! Subjects of IAM.

use std::collections::BTreeSet;

use eksray_rule::{ClusterId, Entry, Gap, Outcome, Scope, Subject, Verdict};

use super::{AccountContext, Check, outcome};
use crate::{
    iam::{
        Trusts,
        reach::{Place, Reached, issuers_of, names_provider, reach},
    },
    inventory::iam::{OidcProvider, Role},
    issuers,
    node_pool::node_roles,
};

/// Every role that a cluster reaches, and one outcome for every place where roles may be hidden.
pub(super) fn reachable(
    entry: &Entry<Check>,
    context: &AccountContext<'_>,
    check: fn(&Reached<'_>, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let reach = reach(context);
    for reached in reach.roles.values() {
        let verdict = check(reached, context);
        let scope = scope(context, &reached.clusters);
        outcomes.push(outcome(entry, Subject::aws(&reached.role.arn), scope, verdict));
    }
    for (place, gap) in reach.gaps {
        let (subject, scope) = locate(context, &place);
        outcomes.push(outcome(entry, subject, scope, Err(gap)));
    }
}

pub(super) fn of_nodes(
    entry: &Entry<Check>,
    context: &AccountContext<'_>,
    check: fn(&Role, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let (roles, gaps) = node_roles(context);
    if let Some(gap) = gaps.into_iter().next() {
        outcomes.push(outcome(entry, context.subject(), context.scope(), Err(gap)));
    }
    for (arn, clusters) in roles {
        let found = context.account.iam.known().map(|it| it.roles.iter().find(|it| it.arn == arn));
        let verdict = match found {
            Err(gap) => Err(gap),
            Ok(Some(role)) => check(role, context),
            Ok(None) => continue, // Deleted: no node can hold it.
        };
        outcomes.push(outcome(entry, Subject::aws(arn), scope(context, &clusters), verdict));
    }
}

/// Every role with every EKS provider of the account that its trust policy names.
pub(super) fn by_issuer(
    entry: &Entry<Check>,
    context: &AccountContext<'_>,
    check: fn(&Role, &OidcProvider, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let whole = |gap: Gap| outcome(entry, context.subject(), context.scope(), Err(gap));
    let (iam, providers) =
        match (context.account.iam.known(), context.account.oidc_providers.known()) {
            (Ok(iam), Ok(providers)) => (iam, providers),
            (Err(gap), _) | (_, Err(gap)) => return outcomes.push(whole(gap)),
        };
    if let Some(gap) = providers.iter().find_map(|it| it.gap()) {
        outcomes.push(whole(gap.clone()));
    }
    let clusters = issuers_of(context);
    let trusts = Trusts::of(iam);
    for (role, trust) in trusts.roles.values() {
        if let Some(gap) = &trust.gap {
            let subject = Subject::aws(&role.arn);
            outcomes.push(outcome(entry, subject, context.scope(), Err(gap.clone())));
        }
        for provider in providers.iter().filter_map(|it| it.known().ok()) {
            let issuer = issuers::bare(&provider.url);
            let clusters = clusters.get(issuer);
            if clusters.is_none() && issuers::eks_region(issuer).is_none()
                || !names_provider(trust, &provider.arn)
            {
                continue;
            }
            let subject = Subject::role_issuer(&role.arn, issuer);
            let scope = scope(context, clusters.unwrap_or(&BTreeSet::new()));
            outcomes.push(outcome(entry, subject, scope, check(role, provider, context)));
        }
    }
}

pub(super) fn providers(
    entry: &Entry<Check>,
    context: &AccountContext<'_>,
    check: fn(&OidcProvider, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let mut unread = context.account.oidc_providers.gap().cloned();
    let clusters = issuers_of(context);
    for provider in super::items(&context.account.oidc_providers) {
        match provider.known() {
            Err(gap) => _ = unread.get_or_insert(gap),
            Ok(it) => {
                let reached = clusters.get(issuers::bare(&it.url));
                let scope = scope(context, reached.unwrap_or(&BTreeSet::new()));
                outcomes.push(outcome(entry, Subject::aws(&it.arn), scope, check(it, context)));
            }
        }
    }
    if let Some(gap) = unread {
        outcomes.push(outcome(entry, context.subject(), context.scope(), Err(gap)));
    }
}

fn scope(context: &AccountContext<'_>, clusters: &BTreeSet<ClusterId>) -> Scope {
    Scope { clusters: clusters.iter().cloned().collect(), ..context.scope() }
}

fn locate(context: &AccountContext<'_>, place: &Place) -> (Subject, Scope) {
    let account = context.account;
    match place {
        Place::Account => (context.subject(), context.scope()),
        Place::Region(name) => {
            let subject = Subject::place(&account.partition, &account.id, name);
            (subject, Scope { region: Some(name.clone()), ..context.scope() })
        }
        Place::Cluster(id) => {
            (Subject::cluster(id), Scope { clusters: vec![id.clone()], ..context.scope() })
        }
        Place::Role(arn) => (Subject::aws(arn), context.scope()),
    }
}
