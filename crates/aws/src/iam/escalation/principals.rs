//! Sets that change principals: their policies, their credentials, who may become them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{Gain, Hit, Me, On, Rights, Set, TARGETS, short};
use crate::{
    iam::{Answer, Decision, Document, Effect, Target, chain::granted_among, policies::account},
    inventory::iam::{Group, Role, User},
};

const ANY_RIGHT: &str = "can be given any right";

/// Actions, each of which is enough to act as a user.
const CREDENTIALS: [&str; 3] =
    ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

pub(super) fn hits(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    match set.on {
        On::AssumableRole => {
            let roles = me.assumable.iter();
            first(roles.filter_map(|(role, decision)| me.becomes(role, decision.clone())))
        }
        On::PolicyOfAssumableRole => first(me.assumable.iter().filter_map(|(role, decision)| {
            let own = role.attached_policies.iter().filter(|it| account(it) != "aws");
            let write = own.map(|it| me.may_all(set, Target::All(it), &me.policies.context));
            let write = write.fold(Decision::no(), Decision::or);
            given_any_right(role, write.and(decision.clone()))
        })),
        On::OwnableRole => ownable_roles(set, me),
        On::Role => first(changeable_roles(me).filter_map(|role| {
            let context = &me.policies.context;
            let decision = me.may_all(set, Target::All(&role.arn), context);
            if decision.answer == Answer::No { None } else { me.becomes(role, decision) }
        })),
        On::User | On::OwnableUser => users(set, me),
        On::Group | On::GroupOfOwnableUser => groups(set, me),
        On::OwnBoundary => boundary(set, me).into_iter().collect(),
        On::OwnDeny => denies(me).into_iter().collect(),
        On::SamlProvider | On::OidcProvider | On::MissingOidcProvider => providers(set, me),
        On::IdentityCenter => identity_center(set, me).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn first(hits: impl Iterator<Item = Hit>) -> Vec<Hit> {
    hits.take(TARGETS).collect()
}

impl Me<'_, '_> {
    pub(super) fn becomes(&self, role: &Role, decision: Decision) -> Option<Hit> {
        let gain = self.gain(role)?;
        let is_node = self.is_node(role);
        Some(Hit { who: short(&role.arn).to_owned(), gain, decision, is_node })
    }
}

fn hit(arn: &str, gain: Gain, decision: Decision) -> Hit {
    Hit { who: short(arn).to_owned(), gain, decision, is_node: false }
}

/// A boundary of the other role may still stand in the way.
fn given_any_right(role: &Role, decision: Decision) -> Option<Hit> {
    let bounded = role.permissions_boundary.is_some();
    let answer = if bounded { Answer::Maybe } else { Answer::Yes };
    let gain = Gain { answer, text: ANY_RIGHT.to_owned() };
    (decision.answer != Answer::No).then(|| hit(&role.arn, gain, decision))
}

/// Roles whose trust policy an account may change; those of AWS services and of IAM Identity Center are not.
fn changeable_roles<'e, 'a>(me: &'e Me<'_, 'a>) -> impl Iterator<Item = &'a Role> + 'e {
    let roles = &me.library.trusts.roles;
    let granted = granted_among(me.policies, "iam:UpdateAssumeRolePolicy", roles).into_iter();
    let own =
        |it: &&str| !it.contains(":role/aws-service-role/") && !it.contains(":role/aws-reserved/");
    granted.filter(own).map(|arn| roles[arn].0)
}

fn ownable_roles(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let partition = me.role.arn.split(':').nth(1).unwrap_or("aws");
    let everything = format!("arn:{partition}:iam::aws:policy/AdministratorAccess");
    let context = me.policies.context.clone().with_value("iam:PolicyARN", &everything);
    let assumable = me.assumable.iter().map(|(role, decision)| (*role, decision.clone()));
    let changeable = changeable_roles(me)
        .map(|role| (role, me.may("iam:UpdateAssumeRolePolicy", Target::All(&role.arn))));
    let others = assumable.chain(changeable).filter(|(it, _)| it.arn != me.role.arn);
    first(others.filter_map(|(role, decision)| {
        let write = me.may_all(set, Target::All(&role.arn), &context);
        given_any_right(role, write.and(decision))
    }))
}

fn users(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let users: BTreeMap<&str, &User> =
        me.library.details.users.iter().map(|it| (it.arn.as_str(), it)).collect();
    let granted: BTreeSet<&str> =
        CREDENTIALS.iter().flat_map(|action| granted_among(me.policies, action, &users)).collect();
    first(granted.into_iter().filter_map(|arn| {
        let decision = me.may_all(set, Target::All(arn), &me.policies.context);
        if decision.answer == Answer::No {
            return None;
        }
        if matches!(set.on, On::OwnableUser) {
            return Some(hit(arn, Gain::sure(ANY_RIGHT), decision));
        }
        let rights = me.estate.remembered(arn, || Rights::of(&me.library.of_user(users[arn])));
        Some(hit(arn, rights.beyond(me.policies)?, decision))
    }))
}

fn groups(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    let details = me.library.details;
    let groups: BTreeMap<&str, &Group> =
        details.groups.iter().map(|it| (it.arn.as_str(), it)).collect();
    let action = set.actions.first().into_iter().flatten();
    let granted: BTreeSet<&str> =
        action.flat_map(|it| granted_among(me.policies, it, &groups)).collect();
    first(granted.into_iter().filter_map(|arn| {
        let decision = me.may_all(set, Target::All(arn), &me.policies.context);
        if decision.answer == Answer::No {
            return None;
        }
        if matches!(set.on, On::GroupOfOwnableUser) {
            let name = &groups[arn].group_name;
            let members = details.users.iter().filter(|it| it.groups.contains(name));
            let become_one = members
                .flat_map(|user| CREDENTIALS.iter().map(|it| me.may(it, Target::All(&user.arn))));
            let decision = decision.and(become_one.fold(Decision::no(), Decision::or));
            let gain = Gain::sure(ANY_RIGHT);
            return (decision.answer != Answer::No).then(|| hit(arn, gain, decision));
        }
        let rights = me.estate.remembered(arn, || Rights::of(&me.library.of_group(groups[arn])));
        Some(hit(arn, rights.beyond(me.policies)?, decision))
    }))
}

fn boundary(set: &Set, me: &Me<'_, '_>) -> Option<Hit> {
    me.role.permissions_boundary.as_ref()?;
    let decision = me.may_all(set, Target::All(&me.role.arn), &me.policies.context);
    if decision.answer == Answer::No {
        return None;
    }
    let free = Role { permissions_boundary: None, ..me.role.clone() };
    let gain = me.regained(&free, &me.library.of_role(&free, &me.session))?;
    Some(Hit { who: "without its boundary it".to_owned(), gain, decision, is_node: false })
}

/// A Deny in an inline policy goes with the policy, one in an attached policy by detaching.
fn denies(me: &Me<'_, '_>) -> Option<Hit> {
    let inline = me.role.inline_policies.len();
    let on_itself = |action| me.may(action, Target::All(&me.role.arn));
    let (delete, detach) = (on_itself("iam:DeleteRolePolicy"), on_itself("iam:DetachRolePolicy"));
    let mut free = me.policies.clone();
    let mut decision = Decision::no();
    for (place, document) in free.identity.iter_mut().enumerate() {
        let by = if place < inline { &delete } else { &detach };
        let has_deny = document.statements.iter().any(|it| it.effect == Effect::Deny);
        if !has_deny || by.answer == Answer::No {
            continue;
        }
        let mut open = Document::clone(document);
        open.statements.retain(|it| it.effect == Effect::Allow);
        *document = Arc::new(open);
        decision = decision.or(by.clone());
    }
    if decision.answer == Answer::No {
        return None;
    }
    let gain = me.regained(me.role, &free)?;
    Some(Hit { who: "without its Deny it".to_owned(), gain, decision, is_node: false })
}

/// Roles behind an identity provider that can be changed, or made where a trust policy still names one that is gone.
fn providers(set: &Set, me: &Me<'_, '_>) -> Vec<Hit> {
    if me.may_all(set, Target::Any("*"), &me.policies.context).answer == Answer::No {
        return Vec::new();
    }
    let kind = match set.on {
        On::SamlProvider => ":saml-provider/",
        _ => ":oidc-provider/",
    };
    // One that could not be read may exist.
    let listed = me.estate.context.account.oidc_providers.known();
    let exists = |arn: &str| match &listed {
        Ok(all) => all.iter().any(|it| it.known().is_ok_and(|it| it.arn == arn)),
        Err(_) => true,
    };
    let hits = me.library.trusts.roles.values().filter_map(|(role, trust)| {
        let allows = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
        let named = allows.filter_map(|it| it.principals.as_ref()).flat_map(|it| &it.named);
        let provider =
            named.filter(|(it, _)| it == "Federated").map(|(_, arn)| arn).find(|arn| {
                arn.contains(kind) && (!matches!(set.on, On::MissingOidcProvider) || !exists(arn))
            })?;
        let decision = me.may_all(set, Target::All(provider), &me.policies.context);
        if decision.answer == Answer::No { None } else { me.becomes(role, decision) }
    });
    first(hits)
}

fn identity_center(set: &Set, me: &Me<'_, '_>) -> Option<Hit> {
    let managed = |it: &&&str| it.contains(":role/aws-reserved/sso.amazonaws.com/");
    me.library.trusts.roles.keys().find(managed)?;
    let decision = me.may_all(set, Target::Any("*"), &me.policies.context);
    let gain = Gain { answer: Answer::Maybe, text: "gives permission sets to anybody".to_owned() };
    let who = "IAM Identity Center".to_owned();
    (decision.answer != Answer::No).then_some(Hit { who, gain, decision, is_node: false })
}
