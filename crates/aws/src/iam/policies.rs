//! The policies that bind one principal.

use std::sync::Arc;

use eksray_rule::{Gap, Reason};

use super::{Context, Document, Key};
use crate::inventory::iam::{AuthorizationDetails, Group, InlinePolicy, ManagedPolicy, Role, User};

/// Policies that grant, and those that limit.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Inline and attached policies, those of groups included.
    pub identity: Vec<Arc<Document>>,
    /// Permissions boundary and session policies: each must allow.
    pub limits: Vec<Limit>,
    /// Granting policies that could not be read: a `No` is then not proven.
    pub unread: Vec<Gap>,
    /// Limits that could not be read: they are not granted as an excuse.
    pub limits_unread: Vec<Gap>,
    /// What is known of the principal's own requests.
    pub context: Context,
}

/// A permissions boundary or the session policies of one session.
#[derive(Clone, Debug, Default)]
pub struct Limit {
    /// Its documents; one that allows is enough.
    pub documents: Vec<Arc<Document>>,
    /// Some of it could not be read.
    pub unread: bool,
}

impl Policies {
    /// What binds a role of an account. `session` holds session policies, of which any one may apply; none means no session policy.
    pub fn of_role(role: &Role, iam: &AuthorizationDetails, session: &[&str]) -> Self {
        Self::role(role, session, &|arn| managed(arn, iam))
    }

    /// What binds a user, groups included.
    pub fn of_user(user: &User, iam: &AuthorizationDetails) -> Self {
        Self::user(user, &iam.groups, &|arn| managed(arn, iam))
    }

    pub(super) fn role(role: &Role, session: &[&str], managed: &Managed<'_>) -> Self {
        let mut policies = Self { context: context(role), ..Self::default() };
        policies.grant(&role.inline_policies, &role.attached_policies, managed);
        policies.bound(role.permissions_boundary.as_deref(), managed);
        if !session.is_empty() {
            let parse = |it: &&str| Arc::new(Document::parse("session policy", it));
            policies.limit(session.iter().map(parse).collect());
        }
        policies
    }

    pub(super) fn user(user: &User, groups: &[Group], managed: &Managed<'_>) -> Self {
        let context = Context::default()
            .with_value("aws:PrincipalArn", &user.arn)
            .with_value("aws:PrincipalAccount", account(&user.arn))
            .with_value("aws:PrincipalType", "User")
            .with_value("aws:username", &user.user_name)
            .with("aws:MultiFactorAuthPresent", Key::Unknown)
            .with("aws:MultiFactorAuthAge", Key::Unknown);
        let mut policies = Self { context, ..Self::default() };
        policies.grant(&user.inline_policies, &user.attached_policies, managed);
        for group in groups.iter().filter(|it| user.groups.contains(&it.group_name)) {
            policies.grant(&group.inline_policies, &group.attached_policies, managed);
        }
        policies.bound(user.permissions_boundary.as_deref(), managed);
        policies
    }

    /// What binds a member of a group for being one.
    pub(super) fn group(group: &Group, managed: &Managed<'_>) -> Self {
        let mut policies = Self::default();
        policies.grant(&group.inline_policies, &group.attached_policies, managed);
        policies
    }

    /// Every document; a Deny in any of them counts.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        let limits = self.limits.iter().flat_map(|it| &it.documents);
        self.identity.iter().chain(limits).map(AsRef::as_ref)
    }

    fn grant(&mut self, inline: &[InlinePolicy], attached: &[String], managed: &Managed<'_>) {
        let inline = inline.iter().map(|it| Arc::new(Document::parse(&it.name, &it.document)));
        for document in inline.chain(attached.iter().map(|it| managed(it))) {
            self.unread.extend(document.gap.clone());
            self.identity.push(document);
        }
    }

    fn bound(&mut self, boundary: Option<&str>, managed: &Managed<'_>) {
        if let Some(arn) = boundary {
            self.limit(vec![managed(arn)]);
        }
    }

    fn limit(&mut self, documents: Vec<Arc<Document>>) {
        let gaps: Vec<Gap> = documents.iter().filter_map(|it| it.gap.clone()).collect();
        self.limits.push(Limit { documents, unread: !gaps.is_empty() });
        self.limits_unread.extend(gaps);
    }
}

/// The account in an ARN.
pub(super) fn account(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

fn context(role: &Role) -> Context {
    let context = Context::default()
        .with_value("aws:PrincipalArn", &role.arn)
        .with_value("aws:PrincipalAccount", account(&role.arn))
        .with_value("aws:PrincipalType", "AssumedRole");
    // A session may carry further tags, so a tag that the role lacks is unknown, not absent.
    role.tags.iter().fold(context, |context, (key, value)| {
        context.with_value(&format!("aws:PrincipalTag/{key}"), value)
    })
}

/// Finds a managed policy by its ARN.
pub(super) type Managed<'m> = dyn Fn(&str) -> Arc<Document> + 'm;

fn managed(arn: &str, iam: &AuthorizationDetails) -> Arc<Document> {
    let found = iam.policies.iter().find(|it| it.arn == arn);
    Arc::new(found.map_or_else(|| missing(arn), parse))
}

/// A managed policy, called by its name without the path.
pub(super) fn parse(policy: &ManagedPolicy) -> Document {
    Document::parse(name(&policy.arn), &policy.document)
}

/// A managed policy that the answer does not hold.
pub(super) fn missing(arn: &str) -> Document {
    let name = name(arn);
    let call = "iam:GetAccountAuthorizationDetails".to_owned();
    let detail = format!("policy {name} is not in the answer");
    let gap = Some(Gap { call, reason: Reason::Malformed, detail });
    Document { name: name.to_owned(), gap, ..Document::default() }
}

fn name(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, name)| name)
}
