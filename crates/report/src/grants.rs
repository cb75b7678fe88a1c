//! Access grants: which AWS principals a cluster lets in, and as whom.

mod admin;
mod holder;
mod names;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::eks::{AccessEntry, AccessPolicy};
use eksray_kube::inventory::aws_auth::{AwsAuth, Row};
use eksray_rule::{ClusterId, Gap, Reason, Subject};

pub use admin::is_cluster_admin;
pub use holder::{Holder, HolderKind, holders, role_of};
pub use names::{canonical, fits, is_account};

use crate::world::ClusterView;

/// One effective mapping of an AWS principal to a Kubernetes identity.
#[derive(Clone, Debug)]
pub struct AccessGrant<'a> {
    /// The principal's ARN as it is written; `arn:…:iam::<account>:*` for an item of `mapAccounts`.
    pub principal: String,
    /// Where it is written.
    pub source: Source<'a>,
    /// Who the principal becomes; the gap is that an access entry could not be described.
    pub identity: Result<Identity<'a>, Gap>,
    /// Access policies, which come on top of RBAC; none outside access entries.
    pub policies: Result<&'a [AccessPolicy], Gap>,
    /// Why the grant may not be in force: a row that an access entry hides, if there is one that was not read.
    pub doubt: Option<Gap>,
}

/// Where a grant is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source<'a> {
    /// An access entry.
    Entry(&'a AccessEntry),
    /// A row of `mapRoles` or `mapUsers` in `aws-auth`.
    Row(&'a Row),
    /// An item of `mapAccounts`: every principal of the account, each under its own ARN and without groups.
    Account(&'a str),
}

/// A Kubernetes user and its groups. Both may hold templates such as `{{SessionName}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity<'a> {
    /// User name; empty where every principal has its own ARN as name.
    pub username: &'a str,
    /// Groups, without `system:authenticated`, which everybody has.
    pub groups: &'a [String],
}

impl AccessGrant<'_> {
    /// The finding's subject.
    pub fn subject_in(&self, cluster: &ClusterId) -> Subject {
        Subject::grant(cluster, &self.principal)
    }

    /// Whether it lets in the principal of that ARN, paths and case aside as EKS compares them.
    pub fn admits(&self, arn: &str) -> bool {
        match self.source {
            Source::Account(account) => is_account(arn, account),
            _ => canonical(&self.principal) == canonical(arn),
        }
    }

    /// Whether a list of ARNs, such as `break_glass`, names the principal.
    pub fn is_in(&self, arns: &[String]) -> bool {
        let principal = canonical(&self.principal);
        arns.iter().any(|it| canonical(it) == principal)
    }

    /// Where it is written, for people.
    pub fn written(&self) -> &'static str {
        match self.source {
            Source::Entry(_) => "access entry",
            Source::Row(row) if row.role => "aws-auth mapRoles",
            Source::Row(_) => "aws-auth mapUsers",
            Source::Account(_) => "aws-auth mapAccounts",
        }
    }
}

/// The effective grants of a cluster by principal, and why there may be more.
///
/// Access entries count unless the mode is `CONFIG_MAP`, rows of `aws-auth` unless it is `API`. Of rows for one
/// principal the last one of `mapRoles` counts, else the last one of `mapUsers`, and none beside an access entry.
pub fn grants<'a>(view: &ClusterView<'a>) -> (Vec<AccessGrant<'a>>, Vec<Gap>) {
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    let mode = mode(view);
    if let Err(gap) = &mode {
        gaps.push(gap.clone());
    }
    let Ok(aws) = view.aws() else { return (found, gaps) };
    let mut hidden = Ok(BTreeSet::new());
    if !matches!(mode, Ok("CONFIG_MAP")) {
        match aws.cluster.access_entries.known() {
            Ok(entries) => {
                hidden = Ok(entries.iter().map(|it| canonical(&it.principal_arn)).collect());
                found.extend(entries.iter().map(of_entry));
            }
            Err(gap) => {
                hidden = Err(gap.clone());
                gaps.push(gap);
            }
        }
    }
    match mode {
        Err(_) | Ok("API") => {}
        Ok(_) => match aws_auth(view) {
            Err(gap) => gaps.push(gap),
            Ok(None) => {}
            Ok(Some(auth)) => {
                let (hidden, doubt) = match hidden {
                    Ok(hidden) => (hidden, None),
                    Err(gap) => (BTreeSet::new(), Some(gap)),
                };
                let rows = of_rows(auth, view).into_iter();
                let in_force = rows.filter(|it| !hidden.contains(&canonical(&it.principal)));
                found.extend(in_force.map(|it| AccessGrant { doubt: doubt.clone(), ..it }));
            }
        },
    }
    found.sort_by(|a, b| a.principal.cmp(&b.principal));
    (found, gaps)
}

/// `accessConfig.authenticationMode`, one of the three that exist.
pub fn mode<'a>(view: &ClusterView<'a>) -> Result<&'a str, Gap> {
    let mode = view.described()?.authentication_mode.as_deref();
    if let Some(mode @ ("API" | "API_AND_CONFIG_MAP" | "CONFIG_MAP")) = mode {
        return Ok(mode);
    }
    let detail = match mode {
        None => "accessConfig.authenticationMode is absent".to_owned(),
        Some(mode) => format!("accessConfig.authenticationMode = {mode} is not known"),
    };
    Err(Gap { call: "eks:DescribeCluster".to_owned(), reason: Reason::Malformed, detail })
}

fn aws_auth<'a>(view: &ClusterView<'a>) -> Result<Option<&'a AwsAuth>, Gap> {
    let kube = view.kube.clone()?;
    kube.aws_auth.known().map(Option::as_ref)
}

fn of_entry(entry: &AccessEntry) -> AccessGrant<'_> {
    let identity = entry.described.known();
    AccessGrant {
        principal: entry.principal_arn.clone(),
        source: Source::Entry(entry),
        identity: identity
            .map(|it| Identity { username: &it.username, groups: &it.kubernetes_groups }),
        policies: entry.policies.known().map(Vec::as_slice),
        doubt: None,
    }
}

/// The rows that admit somebody. A row for a role with a path, or with a wildcard, equals no caller's ARN.
fn of_rows<'a>(auth: &'a AwsAuth, view: &ClusterView<'a>) -> Vec<AccessGrant<'a>> {
    let mut rows: BTreeMap<String, &Row> = BTreeMap::new();
    // Roles overwrite users, later rows overwrite earlier ones.
    let users = auth.rows.iter().filter(|it| !it.role);
    for row in users.chain(auth.rows.iter().filter(|it| it.role)) {
        rows.insert(row.arn.to_lowercase(), row);
    }
    let grant = |principal: String, source: Source<'a>, identity: Identity<'a>| AccessGrant {
        principal,
        source,
        identity: Ok(identity),
        policies: Ok(&[]),
        doubt: None,
    };
    let alive = rows.into_iter().filter(|(arn, _)| *arn == canonical(arn) && !arn.contains('*'));
    let mut found: Vec<_> = alive
        .map(|(_, row)| {
            let identity = Identity { username: &row.username, groups: &row.groups };
            grant(row.arn.clone(), Source::Row(row), identity)
        })
        .collect();
    let partition = view.id.0.split(':').nth(1).unwrap_or("aws");
    let accounts: BTreeSet<&String> = auth.accounts.iter().collect();
    found.extend(accounts.into_iter().map(|account| {
        let principal = format!("arn:{partition}:iam::{account}:*");
        grant(principal, Source::Account(account), Identity { username: "", groups: &[] })
    }));
    found
}
