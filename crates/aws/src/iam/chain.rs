//! Roles that become other roles.

use std::{borrow::Borrow, collections::BTreeMap, ops::Bound};

use eksray_rule::Gap;

use super::{
    Answer, Caller, Context, Decision, Document, Effect, Key, Policies, Request, Selection, Target,
    decide,
    decide::{selects_action, tolerates},
    policies::account,
    trust::{sides, trust_of},
};
use crate::inventory::iam::{AuthorizationDetails, Role};

/// The trust policies of an account, read once and found by whom they name.
#[derive(Debug, Default)]
pub struct Trusts<'a> {
    /// Each role with its trust policy, by ARN.
    pub roles: BTreeMap<&'a str, (&'a Role, Document)>,
    by_name: BTreeMap<String, Vec<&'a str>>,
    /// They admit anybody, or somebody that a role's ARN alone does not tell.
    open: Vec<&'a str>,
    /// They leave the choice to the policies of an account.
    by_account: BTreeMap<&'a str, &'a Role>,
}

impl<'a> Trusts<'a> {
    /// Reads them.
    pub fn of(iam: &'a AuthorizationDetails) -> Self {
        let mut trusts = Self::default();
        for role in &iam.roles {
            let document = trust_of(role);
            let allows = document.statements.iter().filter(|it| it.effect == Effect::Allow);
            let (mut open, mut by_account) = (false, false);
            for principals in allows.filter_map(|it| it.principals.as_ref()) {
                open |= principals.all_but;
                for (kind, value) in &principals.named {
                    match kind.as_str() {
                        "AWS" | "*" if value.contains(":role/") => {
                            trusts.by_name.entry(value.clone()).or_default().push(&role.arn);
                        }
                        "AWS" | "*" if value == "*" || value.contains(":assumed-role/") => {
                            open = true;
                        }
                        "AWS" => by_account = true,
                        _ => {}
                    }
                }
            }
            if open {
                trusts.open.push(&role.arn);
            }
            if by_account {
                trusts.by_account.insert(&role.arn, role);
            }
            trusts.roles.insert(&role.arn, (role, document));
        }
        trusts
    }

    /// Roles that a role with these policies may become in one step, with the answer.
    pub fn assumable_by(&self, role: &Role, policies: &Policies) -> Vec<(&'a Role, Decision)> {
        let named = self.by_name.get(&role.arn).into_iter().flatten();
        let mut targets: Vec<&str> = named.chain(&self.open).copied().collect();
        targets.extend(granted_among(policies, "sts:AssumeRole", &self.by_account));
        targets.sort_unstable();
        targets.dedup();
        let context = context(policies);
        let others = targets.into_iter().filter(|it| *it != role.arn);
        others
            .filter_map(|arn| {
                let (target, trust) = &self.roles[arn];
                let decision = assume(role, policies, &context, target, trust);
                (decision.answer != Answer::No).then_some((*target, decision))
            })
            .collect()
    }

    /// Trust policies that could not be read, by role ARN.
    pub fn gaps(&self) -> impl Iterator<Item = (&'a str, Gap)> + '_ {
        self.roles.iter().filter_map(|(arn, (_, trust))| Some((*arn, trust.gap.clone()?)))
    }
}

/// The resources of a map, by ARN, that an Allow of the action can mean; each is yet to be decided.
///
/// Patterns are looked up by what stands before their first wildcard, so that a thousand roles that name one
/// resource each cost a thousand look-ups.
pub(crate) fn granted_among<'m, K: Borrow<str> + Ord, T>(
    policies: &Policies,
    action: &str,
    all: &'m BTreeMap<K, T>,
) -> Vec<&'m str> {
    let action = action.to_ascii_lowercase();
    let mut found = Vec::new();
    for statement in policies.identity.iter().flat_map(|it| &it.statements) {
        if statement.effect != Effect::Allow || !selects_action(statement, &action) {
            continue;
        }
        let Selection::Only(patterns) = &statement.resources else {
            return all.keys().map(Borrow::borrow).collect();
        };
        for pattern in patterns {
            let prefix = pattern.split(['*', '?', '$']).next().unwrap_or_default();
            if prefix.is_empty() {
                return all.keys().map(Borrow::borrow).collect();
            }
            let from = all.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
            let from = from.map(|(arn, _)| arn.borrow());
            found.extend(from.take_while(|it| it.starts_with(prefix)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether one role may become another role of the same account.
///
/// A trust policy that names the role (or everybody) is enough by itself; one that names the account
/// leaves it to the role's own policies. Deny and limits of the role count either way.
pub fn can_assume(from: &Role, policies: &Policies, to: &Role, trust: &Document) -> Decision {
    assume(from, policies, &context(policies), to, trust)
}

/// What a trust policy sees of the caller: whether it knows the external id is not known.
fn context(policies: &Policies) -> Context {
    let context = policies.context.clone().with("sts:ExternalId", Key::Unknown);
    context.with("sts:SourceIdentity", Key::Chosen)
}

fn assume(
    from: &Role,
    policies: &Policies,
    context: &Context,
    to: &Role,
    trust: &Document,
) -> Decision {
    let action = "sts:AssumeRole";
    let own = Request { action, resource: Target::All(&to.arn), context: &policies.context };
    let (named, denied) = sides(trust, Caller::Role(&from.arn), action, context, None);
    let permitted = Decision { answer: !denied.answer, by: Vec::new(), ..denied };
    if permitted.answer == Answer::No {
        return Decision::no();
    }
    let direct = match named.answer {
        Answer::No => named,
        _ => named.and(tolerates(policies, &own)).and(permitted.clone()),
    };
    if direct.answer == Answer::Yes {
        return direct;
    }
    let (by_account, _) = sides(trust, Caller::Account(account(&from.arn)), action, context, None);
    match by_account.answer {
        Answer::No => direct,
        _ => direct.or(by_account.and(decide(policies, &own)).and(permitted)),
    }
}
