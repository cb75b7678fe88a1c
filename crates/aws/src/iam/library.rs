//! The IAM of an account, every managed policy and trust policy of it read once.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Document, Policies, Trusts,
    policies::{missing, parse},
};
use crate::inventory::iam::{AuthorizationDetails, Group, Role, User};

/// What was read of an account's IAM, ready to be asked.
#[derive(Debug)]
pub struct Library<'a> {
    /// The answer that all of it is from.
    pub details: &'a AuthorizationDetails,
    /// Every role with its trust policy.
    pub trusts: Trusts<'a>,
    managed: BTreeMap<&'a str, Arc<Document>>,
}

impl<'a> Library<'a> {
    /// Reads it.
    pub fn of(details: &'a AuthorizationDetails) -> Self {
        let managed = details.policies.iter().map(|it| (it.arn.as_str(), Arc::new(parse(it))));
        Self { details, trusts: Trusts::of(details), managed: managed.collect() }
    }

    /// See [`Policies::of_role`].
    pub fn of_role(&self, role: &Role, session: &[&str]) -> Policies {
        Policies::role(role, session, &|arn| self.managed(arn))
    }

    /// See [`Policies::of_user`].
    pub fn of_user(&self, user: &User) -> Policies {
        Policies::user(user, &self.details.groups, &|arn| self.managed(arn))
    }

    /// What membership in a group gives.
    pub fn of_group(&self, group: &Group) -> Policies {
        Policies::group(group, &|arn| self.managed(arn))
    }

    fn managed(&self, arn: &str) -> Arc<Document> {
        self.managed.get(arn).cloned().unwrap_or_else(|| Arc::new(missing(arn)))
    }
}
