//! Whose rights they are: users, their groups and service accounts.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::Gap;

use super::{
    Grant, Rbac, Rules,
    power::{Power, Reach, powers, reads_secrets},
    request::Request,
};
use crate::inventory::{
    Kube,
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

    /// Whoever is a member of a group, as far as the group says it.
    pub fn member(group: &str) -> Self {
        let groups = [group, "system:authenticated"].map(str::to_owned).into();
        Self { user: String::new(), groups }
    }
}

/// Whom a right to impersonate with names lets its subject become.
pub fn impersonated(
    right: &PolicyRule,
    grant: &Grant<'_>,
    kube: &Kube,
) -> Result<Vec<Identity>, Gap> {
    let names = &right.resource_names;
    Ok(match right.resources.first().map_or("", String::as_str) {
        "users" => names.iter().map(|it| Identity::user(it, &[])).collect(),
        "groups" => names.iter().map(|it| Identity::member(it)).collect(),
        "serviceaccounts" => {
            let accounts = kube.service_accounts.known()?.iter().map(|it| &it.metadata);
            let within = accounts.filter(|it| grant.reaches(&it.namespace));
            let meant = within.filter(|it| names.contains(&it.name));
            meant.map(|it| Identity::service_account(&it.namespace, &it.name)).collect()
        }
        _ => Vec::new(),
    })
}

/// What a binding's subject names: a user or a group.
pub(super) fn key(subject: &RbacSubject) -> Option<(&'static str, String)> {
    let RbacSubject { kind, name, namespace } = subject;
    match kind.as_str() {
        "User" => Some(("User", name.clone())),
        "Group" => Some(("Group", name.clone())),
        "ServiceAccount" => Some(("User", format!("system:serviceaccount:{namespace}:{name}"))),
        _ => None,
    }
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

impl<'a> Rights<'_, 'a> {
    /// Whether a request is allowed; a proven right stands beside unread ones.
    pub fn can(&self, request: &Request<'_>) -> Result<bool, Gap> {
        if self.masters || self.grants.iter().any(|it| it.can(request) == Ok(true)) {
            return Ok(true);
        }
        self.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// Whether a verb on a path outside resources is allowed.
    pub fn can_url(&self, verb: &str, path: &str) -> Result<bool, Gap> {
        if self.masters || self.grants.iter().any(|it| it.can_url(verb, path) == Ok(true)) {
            return Ok(true);
        }
        self.gaps.first().map_or(Ok(false), |gap| Err(gap.clone()))
    }

    /// The rules in force in a namespace, cluster-wide ones included; for `""` only those.
    pub fn rules_in(&self, namespace: &str) -> Rules<'a> {
        let grants = self.grants.iter().filter(|it| it.reaches(namespace));
        grants.filter_map(|it| it.rules.as_ref().ok()?.as_deref()).flat_map(Rules::iter).collect()
    }
}

impl<'a> Rbac<'a> {
    /// All that an identity may do.
    pub fn rights_of(&self, identity: &Identity) -> Rights<'_, 'a> {
        let grants: Vec<&Grant<'a>> =
            self.places(identity).into_iter().map(|it| &self.grants[it]).collect();
        let unread = grants.iter().filter_map(|it| it.rules.as_ref().err());
        let mut gaps: Vec<Gap> = self.gaps.iter().chain(unread).cloned().collect();
        gaps.sort();
        gaps.dedup();
        let masters = identity.groups.iter().any(|it| it == "system:masters");
        Rights { grants, gaps, masters }
    }

    /// Places of the grants that mean an identity, in their order.
    fn places(&self, identity: &Identity) -> BTreeSet<usize> {
        let groups = identity.groups.iter().map(|it| ("Group", it.clone()));
        let names = groups.chain([("User", identity.user.clone())]);
        names.filter_map(|it| self.by_subject.get(&it)).flatten().copied().collect()
    }

    /// Grants that allow to create service accounts in a namespace.
    pub fn account_makers(&self, namespace: &str) -> impl Iterator<Item = &Grant<'a>> {
        let makers = self.account_makers.iter().map(|it| &self.grants[*it]);
        makers.filter(move |it| it.reaches(namespace))
    }

    /// Whether a binding names an identity, or a group that not every login has.
    pub fn names(&self, identity: &Identity) -> Result<bool, Gap> {
        let all = ["system:authenticated", "system:unauthenticated", "system:serviceaccounts"];
        let own =
            |it: &Grant<'_>| it.subject.kind != "Group" || !all.contains(&it.subject.name.as_str());
        if self.places(identity).into_iter().any(|it| own(&self.grants[it])) {
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

    /// Whether a right to bind names roles that make nobody an administrator and read no Secret.
    pub fn binds_little(
        &self,
        right: &PolicyRule,
        namespace: &str,
        minor: Option<u32>,
    ) -> Result<bool, Gap> {
        if right.verbs != ["bind"] || right.resource_names.is_empty() {
            return Ok(false);
        }
        let kind = if right.resources == ["roles"] { "Role" } else { "ClusterRole" };
        for name in &right.resource_names {
            let strong = |it: &Rules<'_>| {
                !powers(it, Reach::Cluster, minor).is_empty() || !reads_secrets(it).is_empty()
            };
            if self.role(kind, namespace, name)?.is_some_and(|it| strong(&it)) {
                return Ok(false);
            }
        }
        Ok(true)
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

/// Namespaces proven to be privileged, and what kept others from being proven.
pub(super) fn privileged<'a>(rbac: &Rbac<'a>, kube: &'a Kube) -> (BTreeSet<&'a str>, Option<Gap>) {
    let everywhere = rbac.grants.iter().filter(|it| it.is_cluster_wide());
    let unread = everywhere.filter_map(|it| it.rules.as_ref().err());
    let gap = kube.cluster_role_bindings.gap().into_iter().chain(unread).next().cloned();
    let mut namespaces = BTreeSet::from(["kube-system"]);
    let accounts = match kube.service_accounts.known() {
        Ok(accounts) => accounts.as_slice(),
        Err(unread) => return (namespaces, Some(unread)),
    };
    let strong = |identity: &Identity| {
        let rules = rbac.rights_of(identity).rules_in("");
        !powers(&rules, Reach::Cluster, kube.minor().ok()).is_empty()
    };
    let mut by_groups = BTreeMap::<&str, bool>::new();
    for account in accounts {
        let namespace = account.metadata.namespace.as_str();
        if namespaces.contains(namespace) {
            continue;
        }
        let identity = Identity::service_account(namespace, &account.metadata.name);
        let groups = || Identity { user: String::new(), groups: identity.groups.clone() };
        let by_group = *by_groups.entry(namespace).or_insert_with(|| strong(&groups()));
        // Most accounts are bound to nothing of their own.
        let is_bound = rbac.by_subject.contains_key(&("User", identity.user.clone()));
        if by_group || is_bound && strong(&identity) {
            namespaces.insert(namespace);
        }
    }
    (namespaces, gap)
}
