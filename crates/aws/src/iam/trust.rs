//! Trust policies: who may become a role.

use std::fmt;

use super::{
    Answer, Context, Decision, Document, Effect, Key, Principals,
    decide::{conditions_hold, selects_action},
    glob::covers,
};
use crate::{
    inventory::iam::{OidcProvider, Role},
    issuers,
};

/// Who asks to become a role.
#[derive(Clone, Copy, Debug)]
pub enum Caller<'a> {
    /// A token of the provider with this ARN.
    WebIdentity(&'a str),
    /// An AWS service, such as `pods.eks.amazonaws.com`.
    Service(&'a str),
    /// A role, named itself or by `*`.
    Role(&'a str),
    /// An account, which leaves the choice to its own policies.
    Account(&'a str),
}

/// Whether a trust policy admits a caller to an action such as `sts:AssumeRole`.
pub fn decide_trust(
    trust: &Document,
    caller: Caller<'_>,
    action: &str,
    context: &Context,
) -> Decision {
    let action = action.to_ascii_lowercase();
    let (mut allowed, mut denied, mut by) = (Answer::No, Answer::No, Vec::new());
    for statement in trust.statements.iter().filter(|it| selects_action(it, &action)) {
        let Some(principals) = &statement.principals else { continue };
        let answer = names(principals, caller, statement.effect)
            .min(conditions_hold(trust, statement, context));
        match statement.effect {
            Effect::Deny => denied = denied.max(answer),
            Effect::Allow if answer == Answer::No || answer < allowed => {}
            Effect::Allow => {
                if answer > allowed {
                    by.clear();
                }
                allowed = answer;
                by.push(statement.name.clone());
            }
        }
    }
    let answer = allowed.min(!denied);
    if answer == Answer::No {
        by.clear();
    }
    Decision { answer, by }
}

fn names(principals: &Principals, caller: Caller<'_>, effect: Effect) -> Answer {
    let named = principals.named.iter().map(|(kind, value)| is(kind, value, caller, effect));
    let named = named.max().unwrap_or(Answer::No);
    if principals.all_but { !named } else { named }
}

fn is(kind: &str, value: &str, caller: Caller<'_>, effect: Effect) -> Answer {
    let anyone = value == "*" && (kind == "*" || kind == "AWS");
    let same = match (kind, caller) {
        ("Federated", Caller::WebIdentity(provider)) => value == provider || value == "*",
        ("*", Caller::WebIdentity(_)) => anyone,
        ("Service", Caller::Service(service)) => service_name(value) == service_name(service),
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
fn service_name(name: &str) -> &str {
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

/// Service accounts, as globs over namespace and name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subjects {
    /// Namespace; `*` for any.
    pub namespace: String,
    /// Name; `*` for any.
    pub name: String,
}

impl Subjects {
    /// One service account and no other.
    pub fn is_exact(&self) -> bool {
        !wild(&self.namespace) && !wild(&self.name)
    }

    /// Whether a service account is among them.
    pub fn contains(&self, namespace: &str, name: &str) -> bool {
        covers(&self.namespace, namespace) && covers(&self.name, name)
    }

    fn everything() -> Self {
        Self { namespace: "*".to_owned(), name: "*".to_owned() }
    }
}

impl fmt::Display for Subjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.namespace.as_str(), self.name.as_str()) {
            ("*", "*") => f.write_str("any service account"),
            (namespace, "*") => write!(f, "any service account in namespace {namespace}"),
            ("*", name) => write!(f, "any namespace's service account {name}"),
            (namespace, name) => write!(f, "service account {namespace}/{name}"),
        }
    }
}

fn wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// Service accounts that a trust policy admits through one provider, with the answer and the statements.
#[derive(Clone, Debug, Default)]
pub struct Admission(pub Vec<(Subjects, Decision)>);

impl Admission {
    /// Nobody gets in.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The strongest answer for anybody.
    pub fn answer(&self) -> Answer {
        self.0.iter().map(|(_, it)| it.answer).max().unwrap_or(Answer::No)
    }
}

/// Which service accounts of the cluster behind a provider a role admits; broad forms hide the narrow ones inside.
///
/// Every form is proven by evaluating the policy for a service account that only it can mean, so that negative operators,
/// `…IfExists`, `ForAllValues:`, keys of another issuer and Deny need no special treatment.
pub fn web_identity(role: &Role, provider: &OidcProvider) -> Result<Admission, eksray_rule::Gap> {
    let trust = trust_of(role);
    let key = format!("{}:sub", issuers::bare(&provider.url)).to_ascii_lowercase();
    let fresh = fresh(&role.assume_role_policy_document);
    let mut forms = vec![Subjects::everything()];
    for value in trust.values_of(&key) {
        forms.extend(subjects(value));
    }
    forms.sort_by_key(|it| (it.is_exact(), it.namespace != "*", it.name != "*", it.clone()));
    forms.dedup();
    let mut admitted: Vec<(Subjects, Decision)> = Vec::new();
    for form in forms {
        let instance = |it: &str| it.replace('*', &fresh).replace('?', "z");
        let (namespace, name) = (instance(&form.namespace), instance(&form.name));
        let decision = admits_by(&trust, provider, &namespace, &name);
        let known = admitted.iter().any(|(it, known)| {
            known.answer >= decision.answer
                && covers(&it.namespace, &form.namespace)
                && covers(&it.name, &form.name)
        });
        if decision.answer != Answer::No && !known {
            admitted.push((form, decision));
        }
    }
    match trust.gap {
        Some(gap) if admitted.is_empty() => Err(gap),
        _ => Ok(Admission(admitted)),
    }
}

/// Whether one service account gets the role: the token's audience may be any that the provider accepts.
pub fn admits(role: &Role, provider: &OidcProvider, namespace: &str, name: &str) -> Decision {
    admits_by(&trust_of(role), provider, namespace, name)
}

fn admits_by(trust: &Document, provider: &OidcProvider, namespace: &str, name: &str) -> Decision {
    let issuer = issuers::bare(&provider.url);
    let context = Context::default()
        .without_other_claims()
        .with(&format!("{issuer}:iss"), Key::Unknown)
        .with_value(&format!("{issuer}:sub"), &format!("system:serviceaccount:{namespace}:{name}"))
        .with_value("aws:FederatedProvider", &provider.arn);
    let decisions = provider.client_id_list.iter().map(|audience| {
        let context = context.clone().with_value(&format!("{issuer}:aud"), audience);
        decide_trust(
            trust,
            Caller::WebIdentity(&provider.arn),
            "sts:AssumeRoleWithWebIdentity",
            &context,
        )
    });
    decisions.max_by_key(|it| it.answer).unwrap_or(Decision { answer: Answer::No, by: Vec::new() })
}

pub(super) fn trust_of(role: &Role) -> Document {
    Document::parse(&format!("trust of {}", role.role_name), &role.assume_role_policy_document)
}

/// A name that a policy does not mention.
fn fresh(text: &str) -> String {
    let mut name = "qzx".to_owned();
    while text.contains(&name) {
        name.push('q');
    }
    name
}

/// More ways than this to split a pattern into namespace and name say nothing anyway.
const SPLITS: usize = 64;

/// The service accounts that a pattern on the token's subject can mean, taken apart at every place the last colon can be.
fn subjects(pattern: &str) -> Vec<Subjects> {
    let mut found = Vec::new();
    for rest in after_prefix(pattern) {
        for (at, symbol) in rest.char_indices() {
            let (namespace, name) = match symbol {
                ':' | '?' => (rest[..at].to_owned(), rest[at + 1..].to_owned()),
                '*' => (rest[..=at].to_owned(), rest[at..].to_owned()),
                _ => continue,
            };
            let valid = |it: &str| !it.is_empty() && !it.contains(':');
            if valid(&namespace) && valid(&name) {
                found.push(Subjects { namespace: merged(&namespace), name: merged(&name) });
            }
            if found.len() > SPLITS {
                return vec![Subjects::everything()];
            }
        }
    }
    found
}

/// What may be left of a pattern once it has matched `system:serviceaccount:`.
fn after_prefix(pattern: &str) -> Vec<&str> {
    let mut places = vec![pattern];
    for wanted in "system:serviceaccount:".chars() {
        let mut next = Vec::new();
        for place in places {
            let mut place = place;
            // A star may also match nothing.
            while let Some(tail) = place.strip_prefix('*') {
                next.push(place);
                place = tail;
            }
            match place.chars().next() {
                Some('?') => next.push(&place[1..]),
                Some(symbol) if symbol == wanted => next.push(&place[symbol.len_utf8()..]),
                _ => {}
            }
        }
        next.sort_by_key(|it| it.len());
        next.dedup_by_key(|it| it.len());
        next.truncate(SPLITS);
        places = next;
    }
    places
}

/// Neighbouring stars are one.
fn merged(pattern: &str) -> String {
    let mut merged = String::with_capacity(pattern.len());
    for symbol in pattern.chars() {
        if symbol != '*' || !merged.ends_with('*') {
            merged.push(symbol);
        }
    }
    merged
}
