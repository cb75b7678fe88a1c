//! Roles that become other roles.

use std::collections::BTreeMap;

use eksray_rule::Gap;

use super::{
    Answer, Caller, Context, Decision, Document, Effect, Key, Policies, Request, Target, decide,
    decide::tolerates, decide_trust, policies::account, trust::trust_of,
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
    by_account: Vec<&'a str>,
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
                trusts.by_account.push(&role.arn);
            }
            trusts.roles.insert(&role.arn, (role, document));
        }
        trusts
    }

    /// Roles that a role with these policies may become in one step, with the answer.
    pub fn assumable_by(&self, role: &Role, policies: &Policies) -> Vec<(&'a Role, Decision)> {
        let named = self.by_name.get(&role.arn).into_iter().flatten();
        let mut targets: Vec<&str> = named.chain(&self.open).copied().collect();
        // Most roles may assume nothing; they need not be held against every trust policy.
        let (action, resource) = ("sts:AssumeRole", Target::Any("*"));
        let request = Request { action, resource, context: &policies.context };
        if decide(policies, &request).answer != Answer::No {
            targets.extend(&self.by_account);
        }
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
    let request = Request {
        action: "sts:AssumeRole",
        resource: Target::All(&to.arn),
        context: &policies.context,
    };
    let trusted = |caller| decide_trust(trust, caller, request.action, context);
    let mut direct = trusted(Caller::Role(&from.arn));
    if direct.answer != Answer::No {
        direct.answer = direct.answer.min(tolerates(policies, &request));
    }
    if direct.answer == Answer::Yes {
        return direct;
    }
    let mut by_account = trusted(Caller::Account(account(&from.arn)));
    // A Deny in the trust policy may name the role alone.
    let refused = trust.statements.iter().any(|it| it.effect == Effect::Deny);
    if by_account.answer != Answer::No && !(refused && is_denied(trust, from, context)) {
        let own = decide(policies, &request);
        by_account.answer = by_account.answer.min(own.answer);
        by_account.by.extend(own.by);
        if by_account.answer > direct.answer {
            return by_account;
        }
    }
    direct
}

/// Whether a trust policy that allowed everybody would still refuse this role.
fn is_denied(trust: &Document, from: &Role, context: &Context) -> bool {
    let mut open = trust.clone();
    for statement in open.statements.iter_mut().filter(|it| it.effect == Effect::Allow) {
        statement.principals = Some(super::Principals {
            all_but: false,
            named: vec![("*".to_owned(), "*".to_owned())],
        });
        statement.conditions.clear();
    }
    decide_trust(&open, Caller::Role(&from.arn), "sts:AssumeRole", context).answer == Answer::No
}
