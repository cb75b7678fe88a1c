//! The policies that bind one principal.

use eksray_rule::{Gap, Reason};

use super::{Context, Document, Key};
use crate::inventory::iam::{AuthorizationDetails, InlinePolicy, Role, User};

/// Policies that grant, and those that limit.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    /// Inline and attached policies, those of groups included.
    pub identity: Vec<Document>,
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
    pub documents: Vec<Document>,
    /// Some of it could not be read.
    pub unread: bool,
}

impl Policies {
    /// What binds a role of an account. `session` holds session policies, of which any one may apply; none means no session policy.
    pub fn of_role(role: &Role, iam: &AuthorizationDetails, session: &[&str]) -> Self {
        let mut policies = Self { context: context(role), ..Self::default() };
        policies.grant(&role.inline_policies, &role.attached_policies, iam);
        policies.bound(role.permissions_boundary.as_deref(), iam);
        if !session.is_empty() {
            let documents =
                session.iter().map(|it| Document::parse("session policy", it)).collect();
            policies.limit(documents);
        }
        policies
    }

    /// What binds a user, groups included.
    pub fn of_user(user: &User, iam: &AuthorizationDetails) -> Self {
        let context = Context::default()
            .with_value("aws:PrincipalArn", &user.arn)
            .with_value("aws:PrincipalAccount", account(&user.arn))
            .with_value("aws:PrincipalType", "User")
            .with_value("aws:username", &user.user_name)
            .with("aws:MultiFactorAuthPresent", Key::Unknown)
            .with("aws:MultiFactorAuthAge", Key::Unknown);
        let mut policies = Self { context, ..Self::default() };
        policies.grant(&user.inline_policies, &user.attached_policies, iam);
        for group in iam.groups.iter().filter(|it| user.groups.contains(&it.group_name)) {
            policies.grant(&group.inline_policies, &group.attached_policies, iam);
        }
        policies.bound(user.permissions_boundary.as_deref(), iam);
        policies
    }

    /// Every document; a Deny in any of them counts.
    pub(super) fn documents(&self) -> impl Iterator<Item = &Document> {
        self.identity.iter().chain(self.limits.iter().flat_map(|it| &it.documents))
    }

    fn grant(&mut self, inline: &[InlinePolicy], attached: &[String], iam: &AuthorizationDetails) {
        let inline = inline.iter().map(|it| Document::parse(&it.name, &it.document));
        let attached = attached.iter().map(|arn| managed(arn, iam));
        for document in inline.chain(attached) {
            self.unread.extend(document.gap.clone());
            self.identity.push(document);
        }
    }

    fn bound(&mut self, boundary: Option<&str>, iam: &AuthorizationDetails) {
        if let Some(arn) = boundary {
            self.limit(vec![managed(arn, iam)]);
        }
    }

    fn limit(&mut self, documents: Vec<Document>) {
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

fn managed(arn: &str, iam: &AuthorizationDetails) -> Document {
    let name = arn.split_once(":policy/").map_or(arn, |(_, name)| name);
    let name = name.rsplit_once('/').map_or(name, |(_, name)| name);
    if let Some(policy) = iam.policies.iter().find(|it| it.arn == arn) {
        return Document::parse(name, &policy.document);
    }
    let call = "iam:GetAccountAuthorizationDetails".to_owned();
    let detail = format!("policy {name} is not in the answer");
    let gap = Some(Gap { call, reason: Reason::Malformed, detail });
    Document { name: name.to_owned(), gap, ..Document::default() }
}
