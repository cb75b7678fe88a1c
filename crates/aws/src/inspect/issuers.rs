//! Roles and the OIDC issuers that they trust.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Gap, Outcome, Subject, Verdict, any};

use super::{AccountContext, Check, outcome, roles::scope};
use crate::{
    iam::{
        Document, Estate,
        reach::{issuers_of, names_provider},
    },
    inventory::iam::{OidcProvider, Role},
    issuers,
};

/// Clusters by issuer.
type Clusters = BTreeMap<String, BTreeSet<ClusterId>>;

/// Every role with every EKS provider of the account that its trust policy names.
pub(super) fn each(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    check: fn(&Role, &OidcProvider, &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    trusting(entry, estate, outcomes, |role, trust, providers, clusters| {
        let gap = trust
            .gap
            .iter()
            .map(|gap| outcome(entry, Subject::aws(&role.arn), context.scope(), Err(gap.clone())));
        let judged = providers.iter().map(|provider| {
            let issuer = issuers::bare(&provider.url);
            let scope = scope(context, clusters.get(issuer).unwrap_or(&BTreeSet::new()));
            let subject = Subject::role_issuer(&role.arn, issuer);
            outcome(entry, subject, scope, check(role, provider, context))
        });
        gap.chain(judged).collect()
    });
}

/// Every role that names EKS providers, with all of them.
pub(super) fn together(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    check: fn(&Role, &[&OidcProvider], &AccountContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    trusting(entry, estate, outcomes, |role, trust, providers, clusters| {
        let gap = trust.gap.clone().map(Err);
        let judged = (!providers.is_empty()).then(|| check(role, providers, context));
        let parts: Vec<Verdict> = gap.into_iter().chain(judged).collect();
        let issuers = providers.iter().map(|it| issuers::bare(&it.url));
        let scope =
            scope(context, &issuers.filter_map(|it| clusters.get(it)).flatten().cloned().collect());
        let of_role = |parts| outcome(entry, Subject::aws(&role.arn), scope, any(parts));
        (!parts.is_empty()).then_some(parts).map(of_role).into_iter().collect()
    });
}

/// Visits every role with the providers of clusters that it names. What could not be listed is an outcome of its own.
fn trusting(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    outcomes: &mut Vec<Outcome>,
    visit: impl Fn(&Role, &Document, &[&OidcProvider], &Clusters) -> Vec<Outcome>,
) {
    let context = &estate.context;
    let whole = |gap: Gap| outcome(entry, context.subject(), context.scope(), Err(gap));
    let (library, providers) = match (&estate.library, context.account.oidc_providers.known()) {
        (Ok(library), Ok(providers)) => (library, providers),
        (Err(gap), _) => return outcomes.push(whole(gap.clone())),
        (_, Err(gap)) => return outcomes.push(whole(gap)),
    };
    if let Some(gap) = providers.iter().find_map(|it| it.gap()) {
        outcomes.push(whole(gap.clone()));
    }
    let clusters = issuers_of(context);
    let of_eks = |it: &&OidcProvider| {
        let issuer = issuers::bare(&it.url);
        clusters.contains_key(issuer) || issuers::eks_region(issuer).is_some()
    };
    let read = providers.iter().filter_map(|it| it.known().ok());
    let providers: Vec<&OidcProvider> = read.filter(of_eks).collect();
    for (role, trust) in library.trusts.roles.values() {
        let named = providers.iter().filter(|it| names_provider(trust, &it.arn));
        let named: Vec<&OidcProvider> = named.copied().collect();
        outcomes.extend(visit(role, trust, &named, &clusters));
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
