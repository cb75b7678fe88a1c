//! Subjects of IAM.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Gap, Outcome, Scope, Subject, Verdict};

use super::{
    AccountContext, Check, Holder,
    holders::{Held, held as held_by},
    outcome,
};
use crate::{
    iam::{
        Effect, Estate,
        reach::{Place, Reached},
    },
    inventory::{eks::PodIdentityAssociation, iam::Role},
};

/// Every role that a cluster reaches, and one outcome for every place where roles may be hidden.
pub(super) fn reachable(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    check: fn(&Reached<'_>, &Estate<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    for reached in estate.reach.roles.values() {
        let scope = scope(context, &reached.clusters);
        let subject = Subject::aws(&reached.role.arn);
        outcomes.push(outcome(entry, subject, scope, check(reached, estate)));
    }
    unread(entry, context, &estate.reach.gaps, outcomes);
}

type OfRole = fn(&Role, &Estate<'_>) -> Verdict;

/// Every role that somebody of some kinds holds.
pub(super) fn held(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    (kinds, check): (&[Holder], OfRole),
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    let Held { roles, mut gaps } = held_by(estate, kinds);
    gaps.retain(|place, _| !matches!(place, Place::Role(arn) if roles.contains_key(arn)));
    match &estate.library {
        Err(gap) => _ = gaps.entry(Place::Account).or_insert_with(|| gap.clone()),
        Ok(library) => {
            for (arn, clusters) in &roles {
                // One that was deleted, or that another account has, cannot be judged here.
                let Some((role, _)) = library.trusts.roles.get(arn.as_str()) else { continue };
                let scope = scope(context, clusters);
                outcomes.push(outcome(entry, Subject::aws(arn), scope, check(role, estate)));
            }
        }
    }
    unread(entry, context, &gaps, outcomes);
}

pub(super) fn of_nodes(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    check: fn(&Role, &Estate<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    if let Some(gap) = estate.node_gaps.first() {
        outcomes.push(outcome(entry, context.subject(), context.scope(), Err(gap.clone())));
    }
    for (arn, clusters) in &estate.node_roles {
        let verdict = match &estate.library {
            Err(gap) => Err(gap.clone()),
            Ok(library) => match library.trusts.roles.get(arn.as_str()) {
                Some((role, _)) => check(role, estate),
                None => continue, // Deleted: no node can hold it.
            },
        };
        outcomes.push(outcome(entry, Subject::aws(arn), scope(context, clusters), verdict));
    }
}

/// Every role that names the service of Pod Identity in its trust policy, and every association.
pub(super) fn pod_identity(
    entry: &Entry<Check>,
    estate: &Estate<'_>,
    of_role: fn(&Role) -> Verdict,
    of_association: fn(&PodIdentityAssociation, &Estate<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    let context = &estate.context;
    let mut gaps = BTreeMap::new();
    let mut users: BTreeMap<&str, BTreeSet<ClusterId>> = BTreeMap::new();
    for region in context.regions() {
        let clusters = match region.region.clusters.known() {
            Ok(clusters) => clusters,
            Err(gap) => {
                gaps.insert(Place::Region(region.name.to_owned()), gap);
                continue;
            }
        };
        for cluster in clusters {
            let id = region.cluster_id(&cluster.name);
            match cluster.pod_identity_associations.known() {
                Err(gap) => _ = gaps.insert(Place::Cluster(id), gap),
                Ok(associations) => {
                    for it in associations {
                        let resource = format!(
                            "podidentityassociation/{}/{}",
                            cluster.name, it.association_id
                        );
                        let subject = Subject::aws(region.arn("eks", &resource));
                        let scope = region.scope(vec![id.clone()]);
                        outcomes.push(outcome(entry, subject, scope, of_association(it, estate)));
                        if let Ok(described) = it.described.known() {
                            users.entry(&described.role_arn).or_default().insert(id.clone());
                        }
                    }
                }
            }
        }
    }
    match &estate.library {
        Err(gap) => _ = gaps.insert(Place::Account, gap.clone()),
        Ok(library) => {
            for (role, trust) in library.trusts.roles.values() {
                let allows = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
                let mut named =
                    allows.filter_map(|it| it.principals.as_ref()).flat_map(|it| &it.named);
                if !named.any(|(_, it)| it.starts_with("pods.eks.amazonaws.com")) {
                    continue;
                }
                let clusters = users.get(role.arn.as_str());
                let scope = scope(context, clusters.unwrap_or(&BTreeSet::new()));
                outcomes.push(outcome(entry, Subject::aws(&role.arn), scope, of_role(role)));
            }
        }
    }
    unread(entry, context, &gaps, outcomes);
}

fn unread(
    entry: &Entry<Check>,
    context: &AccountContext<'_>,
    gaps: &BTreeMap<Place, Gap>,
    outcomes: &mut Vec<Outcome>,
) {
    for (place, gap) in gaps {
        let (subject, scope) = locate(context, place);
        outcomes.push(outcome(entry, subject, scope, Err(gap.clone())));
    }
}

pub(super) fn scope(context: &AccountContext<'_>, clusters: &BTreeSet<ClusterId>) -> Scope {
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
