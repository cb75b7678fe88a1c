//! Policies of resources, trust policies above all: whom they let in.

use super::{
    Answer, Context, Decision, Document, Effect, Key, Policies, Principals, Request, Target,
    decide,
    decide::{conditions_hold, note, selects_action, selects_resource, tolerates},
};
use crate::inventory::iam::Role;

/// Who asks to become a role.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A token of the provider with this ARN.
    WebIdentity(&'a str),
    /// An assertion of the SAML provider with this ARN.
    Saml(&'a str),
    /// An AWS service, such as `pods.eks.amazonaws.com`.
    Service(&'a str),
    /// A role or a user, named itself or by `*`.
    Role(&'a str),
    /// An account, which leaves the choice to its own policies.
    Account(&'a str),
}

/// Whether a trust policy admits a caller to an action such as `sts:AssumeRole`, whatever its statements say of resources.
pub fn decide_trust(
    trust: &Document,
    caller: Caller<'_>,
    action: &str,
    context: &Context,
) -> Decision {
    together(sides(trust, caller, action, context, None))
}

/// What a resource's own policy says to a caller: Deny first, then Allow.
pub fn decide_policy(policy: &Document, caller: Caller<'_>, request: &Request<'_>) -> Decision {
    together(sides(policy, caller, request.action, request.context, Some(request.resource)))
}

fn together((allowed, denied): (Decision, Decision)) -> Decision {
    if denied.answer == Answer::Yes {
        return Decision::no();
    }
    allowed.and(Decision { answer: !denied.answer, by: Vec::new(), ..denied })
}

/// What a principal may do to a resource of its own account that has a policy: identity policies or the resource's
/// are enough, where limits allow; a Deny in either ends it.
///
/// Not for roles and keys, which their own policy must open first.
pub fn decide_both(
    policies: &Policies,
    policy: &Document,
    caller: Caller<'_>,
    request: &Request<'_>,
) -> Decision {
    let (allowed, denied) =
        sides(policy, caller, request.action, request.context, Some(request.resource));
    let either = decide(policies, request).or(allowed.and(tolerates(policies, request)));
    either.and(Decision { answer: !denied.answer, by: Vec::new(), ..denied })
}

/// What allows a caller, and what denies it; about a resource, or whatever statements say of resources.
pub(super) fn sides(
    policy: &Document,
    caller: Caller<'_>,
    action: &str,
    context: &Context,
    resource: Option<Target<'_>>,
) -> (Decision, Decision) {
    let action = &action.to_ascii_lowercase();
    let (mut allowed, mut denied) = (Decision::no(), Decision::no());
    for statement in policy.statements.iter().filter(|it| selects_action(it, action)) {
        let Some(principals) = &statement.principals else { continue };
        let side = match statement.effect {
            Effect::Allow => &mut allowed,
            Effect::Deny => &mut denied,
        };
        let mut answer = names(principals, caller, statement.effect);
        if let Some(resource) = resource {
            let request = Request { action, resource, context };
            answer = answer.min(selects_resource(policy, statement, &request));
        }
        if side.answer <= answer && answer != Answer::No {
            let answer = answer.min(conditions_hold(policy, statement, context));
            note(side, answer, policy, statement, context);
        }
    }
    (allowed, denied)
}

fn names(principals: &Principals, caller: Caller<'_>, effect: Effect) -> Answer {
    let named = principals.named.iter().map(|(kind, value)| is(kind, value, caller, effect));
    let named = named.max().unwrap_or(Answer::No);
    if principals.all_but { !named } else { named }
}

fn is(kind: &str, value: &str, caller: Caller<'_>, effect: Effect) -> Answer {
    let anyone = value == "*" && (kind == "*" || kind == "AWS");
    let same = match (kind, caller) {
        ("Federated", Caller::WebIdentity(provider) | Caller::Saml(provider)) => {
            value == provider || value == "*"
        }
        ("Service", Caller::Service(service)) => service_name(value) == service_name(service),
        ("*", Caller::WebIdentity(_) | Caller::Saml(_) | Caller::Service(_)) => anyone,
        ("*" | "AWS", Caller::Role(arn)) => {
            if let Some(sure) = is_session_of(value, arn) {
                return sure;
            }
            let account = super::policies::account(arn);
            anyone || value == arn || effect == Effect::Deny && is_account(value, account)
        }
        ("*" | "AWS", Caller::Account(account)) => is_account(value, account),
        _ => false,
    };
    Answer::from(same)
}

fn is_account(value: &str, account: &str) -> bool {
    value == account
        || value.strip_suffix(":root").is_some_and(|it| super::policies::account(it) == account)
}

/// `…:assumed-role/<name>/<session>`: some sessions only, those that carry this name.
fn is_session_of(value: &str, role: &str) -> Option<Answer> {
    let (_, session) = value.split_once(":assumed-role/")?;
    let (name, _) = session.split_once('/')?;
    let same = super::policies::account(value) == super::policies::account(role)
        && role.rsplit('/').next() == Some(name);
    Some(if same { Answer::Maybe } else { Answer::No })
}

/// The name of a service without what its partition adds.
pub(super) fn service_name(name: &str) -> &str {
    name.strip_suffix(".cn").unwrap_or(name)
}

/// Whether a role trusts an AWS service. Conditions on the source count as satisfiable unless `context` tells more.
pub fn trusts_service(role: &Role, service: &str, action: &str, context: &Context) -> Decision {
    let mut context = context.clone();
    for key in ["aws:sourceaccount", "aws:sourcearn"] {
        if context.get(key) == Key::Unknown {
            context = context.with(key, Key::Chosen);
        }
    }
    decide_trust(&trust_of(role), Caller::Service(service), action, &context)
}

pub(crate) fn trust_of(role: &Role) -> Document {
    Document::parse(&format!("trust of {}", role.role_name), &role.assume_role_policy_document)
}
