//! Who stands behind the principal of a grant: people, pods, nodes, pipelines, strangers, nobody.

use std::collections::BTreeSet;

use eksray_aws::{
    iam::{
        Answer, Document, Effect,
        reach::{Place, Via},
    },
    inventory::iam::Role,
    issuers,
};
use eksray_rule::{ClusterId, Gap};
use jiff::SignedDuration;

use super::{AccessGrant, Source};
use crate::world::{ClusterView, World};

/// How long after the cluster its creator's entry appears at most.
const BOOTSTRAP: SignedDuration = SignedDuration::from_mins(15);

/// Somebody who may hold a grant, with the fact that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What kind of holder.
    pub kind: HolderKind,
    /// The evidence.
    pub fact: String,
    /// Depends on a condition that cannot be decided offline.
    pub possible: bool,
}

/// A kind of holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderKind {
    /// Who made the cluster, by the entry that EKS made then.
    Creator,
    /// An IAM user, the root user, or every principal of an account.
    User,
    /// Another account that is not trusted.
    Stranger,
    /// A principal that does not exist any more.
    Nobody,
    /// Nodes.
    Nodes,
    /// Pods.
    Pods,
    /// Pipelines of a continuous integration service.
    Pipeline,
    /// People who log in with IAM Identity Center or SAML.
    People,
}

impl HolderKind {
    fn with(self, fact: impl Into<String>) -> Holder {
        Holder { kind: self, fact: fact.into(), possible: false }
    }
}

/// What was found of holders so far, and what could not be looked at.
#[derive(Default)]
struct Found {
    holders: Vec<Holder>,
    gaps: Vec<Gap>,
}

/// Who holds a grant, and what could not be looked at.
pub fn holders(
    grant: &AccessGrant<'_>,
    view: &ClusterView<'_>,
    world: &World<'_>,
) -> (Vec<Holder>, Vec<Gap>) {
    let mut found = Found::default();
    creator(grant, view, &mut found);
    let (account, resource) = taken_apart(&grant.principal);
    if resource.starts_with("user/") || resource == "root" || resource == "*" {
        let who = if resource == "*" { "every principal" } else { resource };
        let fact = format!("{who} of account {account} in {}", grant.written());
        found.holders.push(HolderKind::User.with(fact));
    }
    let own = view.id.0.split(':').nth(4).unwrap_or_default();
    if account != own && !view.settings.trusted_accounts.iter().any(|it| it == account) {
        let fact = format!("account {account} is not in trusted_accounts");
        found.holders.push(HolderKind::Stranger.with(fact));
    }
    deleted(grant, world, &mut found);
    if resource.starts_with("role/") {
        reached(grant, account, world, &mut found);
        trusted(grant, world, &mut found);
    }
    found.gaps.sort();
    found.gaps.dedup();
    (found.holders, found.gaps)
}

/// The role of a grant, where its account was scanned and it exists.
pub fn role_of<'a>(grant: &AccessGrant<'_>, world: &World<'a>) -> Result<Option<&'a Role>, Gap> {
    let (account, _) = taken_apart(&grant.principal);
    let Some(context) = world.account(account) else { return Ok(None) };
    let roles = &context.account.iam.known()?.roles;
    Ok(roles.iter().find(|it| grant.admits(&it.arn)))
}

/// Account and resource of an ARN.
fn taken_apart(arn: &str) -> (&str, &str) {
    let mut fields = arn.splitn(6, ':').skip(4);
    (fields.next().unwrap_or_default(), fields.next().unwrap_or_default())
}

fn creator(grant: &AccessGrant<'_>, view: &ClusterView<'_>, found: &mut Found) {
    let Source::Entry(entry) = grant.source else { return };
    let (cluster, entry) = match (view.described(), entry.described.known()) {
        (Ok(cluster), Ok(entry)) => (cluster, entry),
        (Err(gap), _) | (_, Err(gap)) => return found.gaps.push(gap),
    };
    let (Some(true), Some(made), Some(entered)) =
        (cluster.bootstrap_creator_admin, cluster.created_at, entry.created_at)
    else {
        return;
    };
    if entered.duration_since(made).abs() <= BOOTSTRAP {
        let fact = format!(
            "cluster creator: entry of {entered}, cluster of {made}, bootstrapClusterCreatorAdminPermissions = true"
        );
        found.holders.push(HolderKind::Creator.with(fact));
    }
}

fn deleted(grant: &AccessGrant<'_>, world: &World<'_>, found: &mut Found) {
    let (account, resource) = taken_apart(&grant.principal);
    let Some(context) = world.account(account) else { return };
    let iam = match context.account.iam.known() {
        Ok(iam) => iam,
        Err(gap) => return found.gaps.push(gap),
    };
    let exists = match resource.split_once('/') {
        Some(("role", _)) => iam.roles.iter().any(|it| grant.admits(&it.arn)),
        Some(("user", _)) => iam.users.iter().any(|it| grant.admits(&it.arn)),
        _ => true,
    };
    if !exists {
        let fact = format!("{resource} does not exist in account {account}");
        found.holders.push(HolderKind::Nobody.with(fact));
    }
}

/// Nodes and pods that come to hold the role, of any cluster of its account.
fn reached(grant: &AccessGrant<'_>, account: &str, world: &World<'_>, found: &mut Found) {
    let Some(reach) = world.reach.get(account) else { return };
    for it in reach.roles.values().filter(|it| grant.admits(&it.role.arn)) {
        let clusters: Vec<&str> = it.clusters.iter().map(ClusterId::name).collect();
        for route in it.routes.iter().filter(|it| it.answer != Answer::No) {
            let kind = match route.via {
                Via::Node => HolderKind::Nodes,
                Via::WebIdentity | Via::PodIdentity(..) => HolderKind::Pods,
                _ => continue,
            };
            let fact = format!("{}, in cluster {}", route.via, clusters.join(", "));
            let possible = route.answer != Answer::Yes;
            found.holders.push(Holder { possible, ..kind.with(fact) });
        }
    }
    let others = |place: &Place| matches!(place, Place::Role(arn) if !grant.admits(arn));
    let gaps = reach.gaps.iter().filter(|(place, _)| !others(place));
    found.gaps.extend(gaps.map(|(_, gap)| gap.clone()));
}

/// People and pipelines that the trust policy of the role admits.
fn trusted(grant: &AccessGrant<'_>, world: &World<'_>, found: &mut Found) {
    let role = match role_of(grant, world) {
        Ok(Some(role)) => role,
        Ok(None) => return,
        Err(gap) => return found.gaps.push(gap),
    };
    let trust = Document::parse(&role.role_name, &role.assume_role_policy_document);
    let allowed = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
    let principals = allowed.filter_map(|it| it.principals.as_ref()).filter(|it| !it.all_but);
    let providers: BTreeSet<&str> = principals
        .flat_map(|it| &it.named)
        .filter(|(kind, _)| kind == "Federated")
        .map(|(_, provider)| provider.as_str())
        .collect();
    found.holders.extend(providers.into_iter().filter_map(holder));
    found.gaps.extend(trust.gap);
}

fn holder(provider: &str) -> Option<Holder> {
    if provider.contains(":saml-provider/") {
        return Some(HolderKind::People.with(format!("the trust policy admits {provider}")));
    }
    let (_, issuer) = provider.split_once(":oidc-provider/")?;
    let fact = format!("the trust policy admits tokens of {issuer}");
    issuers::is_pipeline(issuer).then(|| HolderKind::Pipeline.with(fact))
}
