//! Whose rights they are: users, their groups and service accounts.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::Gap;

use super::{
    Grant, Rbac,
    power::{Power, Reach, powers},
    request::Request,
};
use crate::inventory::{
    Kube,
    cluster::Version,
    rbac::{PolicyRule, RbacSubject},
};

/// Whom the API server sees after a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// User name.
    pub user: String,
    /// Groups, `system:authenticated` among them unless the user is anonymous.
    pub groups: Vec<String>,
}

impl Identity {
    /// A service account with the groups that its tokens carry.
    pub fn service_account(namespace: &str, name: &str) -> Self {
        let groups = vec![
            "system:serviceaccounts".to_owned(),
            format!("system:serviceaccounts:{namespace}"),
            "system:authenticated".to_owned(),
        ];
        Self { user: format!("system:serviceaccount:{namespace}:{name}"), groups }
    }

    /// A user with groups of its own.
    pub fn user(name: &str, groups: &[&str]) -> Self {
        let implied = match name {
            "system:anonymous" => "system:unauthenticated",
            _ => "system:authenticated",
        };
        let groups = groups.iter().chain([&implied]).map(|it| (*it).to_owned()).collect();
        Self { user: name.to_owned(), groups }
    }

    /// Whether a binding's subject means this identity.
    pub fn is(&self, subject: &RbacSubject) -> bool {
        match subject.kind.as_str() {
            "User" => subject.name == self.user,
            "Group" => self.groups.contains(&subject.name),
            "ServiceAccount" => account_user(subject) == self.user,
            _ => false,
        }
    }
}

fn account_user(subject: &RbacSubject) -> String {
    format!("system:serviceaccount:{}:{}", subject.namespace, subject.name)
}

/// All that one identity may do.
#[derive(Clone, Debug, Default)]
pub struct Rights<'r, 'a> {
    /// What gives it rights.
    pub grants: Vec<&'r Grant<'a>>,
    /// Bindings and roles that could not be read: there may be more rights.
    pub gaps: Vec<Gap>,
    /// Member of `system:masters`, whom nothing is refused.
    pub masters: bool,
}

impl Rights<'_, '_> {
    /// Whether a request is allowed; a proven right stands beside unread ones.
    pub fn can(&self, request: &Request<'_>) -> Result<bool, Gap> {
        if self.masters || self.grants.iter().any(|it| it.can(request) == Ok(true)) {
            return Ok(true);
        }
        self.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// The rules in force in a namespace, cluster-wide ones included; for `""` only those.
    pub fn rules_in(&self, namespace: &str) -> Vec<&PolicyRule> {
        let grants = self.grants.iter().filter(|it| it.reaches(namespace));
        grants.filter_map(|it| it.rules.as_ref().ok()?.as_deref()).flatten().copied().collect()
    }
}

impl<'a> Rbac<'a> {
    /// All that an identity may do.
    pub fn rights_of(&self, identity: &Identity) -> Rights<'_, 'a> {
        let grants: Vec<&Grant<'a>> =
            self.grants.iter().filter(|it| identity.is(&it.subject)).collect();
        let unread = grants.iter().filter_map(|it| it.rules.as_ref().err());
        let mut gaps: Vec<Gap> = self.gaps.iter().chain(unread).cloned().collect();
        gaps.sort();
        gaps.dedup();
        let masters = identity.groups.iter().any(|it| it == "system:masters");
        Rights { grants, gaps, masters }
    }

    /// Whether a binding names an identity, or a group that not every login has.
    pub fn names(&self, identity: &Identity) -> Result<bool, Gap> {
        let all = ["system:authenticated", "system:unauthenticated", "system:serviceaccounts"];
        let own = |it: &&Grant<'_>| {
            it.subject.kind != "Group" || !all.contains(&it.subject.name.as_str())
        };
        if self.grants.iter().filter(own).any(|it| identity.is(&it.subject)) {
            return Ok(true);
        }
        self.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// Why an identity is as good as an administrator: powers that it has everywhere or in `kube-system`;
    /// none if it is not.
    pub fn admin_equivalent(
        &self,
        identity: &Identity,
        minor: Option<u32>,
    ) -> Result<Vec<Power>, Gap> {
        let rights = self.rights_of(identity);
        if rights.masters {
            return Ok(vec![Power::Everything]);
        }
        let mut found = powers(&rights.rules_in(""), Reach::Cluster, minor);
        found.extend(powers(&rights.rules_in("kube-system"), Reach::Namespace, minor));
        found.sort();
        found.dedup();
        match rights.gaps.into_iter().next() {
            Some(gap) if found.is_empty() => Err(gap),
            _ => Ok(found),
        }
    }

    /// Namespaces whose service accounts can take over the cluster: `kube-system`, and each that holds an account
    /// with administrator-equivalent rights everywhere.
    pub fn privileged_namespaces(&self) -> Result<BTreeSet<&'a str>, Gap> {
        match &self.privileged {
            (_, Some(gap)) => Err(gap.clone()),
            (namespaces, None) => Ok(namespaces.clone()),
        }
    }

    /// Whether a namespace is privileged; proof stands beside what could not be read.
    pub fn is_privileged(&self, namespace: &str) -> Result<bool, Gap> {
        match &self.privileged {
            (namespaces, _) if namespaces.contains(namespace) => Ok(true),
            (_, Some(gap)) => Err(gap.clone()),
            _ => Ok(false),
        }
    }
}

/// Same as [`Rbac::privileged_namespaces`], for who has no resolved bindings at hand.
pub fn privileged_namespaces(kube: &Kube) -> Result<BTreeSet<String>, Gap> {
    let rbac = Rbac::resolve(kube);
    Ok(rbac.privileged_namespaces()?.into_iter().map(str::to_owned).collect())
}

/// Rules that apply everywhere, by the user or group that has them.
type Everywhere<'r, 'a> = BTreeMap<(&'static str, String), Vec<&'r PolicyRule>>;

/// Namespaces proven to be privileged, and what kept others from being proven.
pub(super) fn privileged<'a>(rbac: &Rbac<'a>, kube: &'a Kube) -> (BTreeSet<&'a str>, Option<Gap>) {
    let mut gap = kube.cluster_role_bindings.gap().cloned();
    let mut everywhere = Everywhere::new();
    for grant in rbac.grants.iter().filter(|it| it.is_cluster_wide()) {
        let key = match grant.subject.kind.as_str() {
            "ServiceAccount" => ("User", account_user(&grant.subject)),
            "Group" => ("Group", grant.subject.name.clone()),
            _ => ("User", grant.subject.name.clone()),
        };
        match &grant.rules {
            Ok(Some(rules)) => everywhere.entry(key).or_default().extend(rules.iter().copied()),
            Ok(None) => (),
            Err(unread) => gap = gap.or_else(|| Some(unread.clone())),
        }
    }
    let minor = kube.version.known().ok().and_then(Version::minor);
    let mut namespaces = BTreeSet::from(["kube-system"]);
    let accounts = match kube.service_accounts.known() {
        Ok(accounts) => accounts.as_slice(),
        Err(unread) => return (namespaces, Some(unread)),
    };
    let mut own_groups = BTreeMap::<&str, bool>::new();
    for account in accounts {
        let (namespace, name) = (account.metadata.namespace.as_str(), &account.metadata.name);
        if namespaces.contains(namespace) {
            continue;
        }
        let Identity { user, groups } = Identity::service_account(namespace, name);
        let groups = groups.into_iter().map(|it| ("Group", it));
        let of_groups: Vec<_> =
            groups.filter_map(|it| everywhere.get(&it)).flatten().copied().collect();
        let strong = |rules: &[&PolicyRule]| !powers(rules, Reach::Cluster, minor).is_empty();
        let by_group = *own_groups.entry(namespace).or_insert_with(|| strong(&of_groups));
        let by_name = || {
            let own = everywhere.get(&("User", user))?;
            let rules: Vec<_> = of_groups.iter().chain(own).copied().collect();
            Some(strong(&rules))
        };
        if by_group || by_name().unwrap_or(false) {
            namespaces.insert(namespace);
        }
    }
    (namespaces, gap)
}
