//! Who stands behind the principal of a grant: people, pods, nodes, pipelines, strangers, nobody.

use eksray_aws::{inventory::iam::Role, issuers};
use eksray_rule::{Gap, Reason};
use jiff::SignedDuration;
use serde_json::Value;

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
        Holder { kind: self, fact: fact.into() }
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
        nodes(grant, account, world, &mut found);
        trusted(grant, world, &mut found);
        associated(grant, world, &mut found);
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

fn nodes(grant: &AccessGrant<'_>, account: &str, world: &World<'_>, found: &mut Found) {
    let Some((roles, gaps)) = world.node_roles.get(account) else { return };
    if roles.iter().any(|it| grant.admits(it)) {
        found.holders.push(HolderKind::Nodes.with("the principal is a role of nodes"));
    }
    found.gaps.extend(gaps.iter().cloned());
}

/// Pods that get the role through a Pod Identity association of any cluster of its account.
fn associated(grant: &AccessGrant<'_>, world: &World<'_>, found: &mut Found) {
    let (account, _) = taken_apart(&grant.principal);
    let clusters = world.clusters.iter().filter_map(|it| it.aws.as_ref());
    for aws in clusters.filter(|it| it.region.account.account.id == account) {
        let cluster = &aws.cluster.name;
        let associations = match aws.cluster.pod_identity_associations.known() {
            Ok(associations) => associations,
            Err(gap) => {
                found.gaps.push(gap);
                continue;
            }
        };
        for it in associations {
            let described = match it.described.known() {
                Ok(described) => described,
                Err(gap) => {
                    found.gaps.push(gap);
                    continue;
                }
            };
            let roles = [Some(&described.role_arn), described.target_role_arn.as_ref()];
            if roles.into_iter().flatten().any(|it| grant.admits(it)) {
                let (namespace, account) = (&it.namespace, &it.service_account);
                found.holders.push(HolderKind::Pods.with(format!(
                    "Pod Identity gives the role to service account {namespace}/{account} of cluster {cluster}"
                )));
            }
        }
    }
}

/// Holders that the trust policy of the role names.
fn trusted(grant: &AccessGrant<'_>, world: &World<'_>, found: &mut Found) {
    match role_of(grant, world).and_then(|it| it.map_or(Ok(Vec::new()), federated)) {
        Ok(providers) => found.holders.extend(providers.iter().filter_map(|it| holder(it))),
        Err(gap) => found.gaps.push(gap),
    }
}

/// Identity providers that the trust policy of a role admits.
fn federated(role: &Role) -> Result<Vec<String>, Gap> {
    let document: Value =
        serde_json::from_str(&role.assume_role_policy_document).map_err(|_| {
            let call = "iam:GetAccountAuthorizationDetails".to_owned();
            let detail = format!("trust policy of {} is not JSON", role.role_name);
            Gap { call, reason: Reason::Malformed, detail }
        })?;
    let allowed = listed(&document["Statement"]).iter().filter(|it| it["Effect"] == "Allow");
    let mut providers: Vec<String> = allowed
        .flat_map(|it| listed(&it["Principal"]["Federated"]))
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    providers.sort();
    providers.dedup();
    Ok(providers)
}

fn listed(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn holder(provider: &str) -> Option<Holder> {
    if provider.contains(":saml-provider/") {
        return Some(HolderKind::People.with(format!("the trust policy admits {provider}")));
    }
    let (_, issuer) = provider.split_once(":oidc-provider/")?;
    let fact = format!("the trust policy admits tokens of {issuer}");
    if issuers::eks_region(issuer).is_some() {
        return Some(HolderKind::Pods.with(fact));
    }
    issuers::is_pipeline(issuer).then(|| HolderKind::Pipeline.with(fact))
}
