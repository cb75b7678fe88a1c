//! Which service accounts a trust policy admits.

use std::{
    collections::hash_map::DefaultHasher,
    fmt,
    hash::{Hash, Hasher},
};

use super::{
    Answer, Caller, Context, Decision, Document, Key, decide_trust,
    glob::{covers, intersects},
    trust::trust_of,
};
use crate::{
    inventory::iam::{OidcProvider, Role},
    issuers,
};

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
    let audiences: Vec<&str> = provider.client_id_list.iter().map(String::as_str).collect();
    let admitted = admission(role, &trust, provider, &audiences);
    match trust.gap {
        Some(gap) if admitted.is_empty() => Err(gap),
        _ => Ok(admitted),
    }
}

/// The same for tokens of any audience, those that the provider does not accept too.
pub fn whatever_audience(role: &Role, provider: &OidcProvider) -> Admission {
    let foreign = fresh(&role.assume_role_policy_document);
    admission(role, &trust_of(role), provider, &[&foreign])
}

fn admission(
    role: &Role,
    trust: &Document,
    provider: &OidcProvider,
    audiences: &[&str],
) -> Admission {
    let key = format!("{}:sub", issuers::bare(&provider.url)).to_ascii_lowercase();
    let fresh = fresh(&role.assume_role_policy_document);
    let mut forms = vec![Subjects::everything()];
    for value in trust.values_of(&key) {
        forms.extend(subjects(value));
    }
    let (meets, doubtful) = meets(&forms);
    forms.extend(meets);
    forms.sort_by_key(|it| (it.is_exact(), it.namespace != "*", it.name != "*", it.clone()));
    forms.dedup();
    let affordable = (PATIENCE / (trust.values_of(&key).count() + 1)).max(16);
    let cut = affordable < forms.len() || doubtful.is_none();
    forms.truncate(affordable);
    let mut admitted: Vec<(Subjects, Decision)> = Vec::new();
    for form in forms {
        let instance = |it: &str| it.replace('*', &fresh).replace('?', "z");
        let (namespace, name) = (instance(&form.namespace), instance(&form.name));
        let decision = admits_by(trust, provider, audiences, Some((&namespace, &name)));
        let known = admitted.iter().any(|(it, known)| {
            known.answer >= decision.answer
                && covers(&it.namespace, &form.namespace)
                && covers(&it.name, &form.name)
        });
        if decision.answer != Answer::No && !known {
            admitted.push((form, decision));
        }
    }
    let doubtful = if cut { vec![Subjects::everything()] } else { doubtful.unwrap_or_default() };
    let maybe = admits_by(trust, provider, audiences, None);
    for form in doubtful.into_iter().filter(|_| maybe.answer != Answer::No) {
        let told =
            |it: &Subjects| covers(&it.namespace, &form.namespace) && covers(&it.name, &form.name);
        if !admitted.iter().any(|(it, _)| told(it)) {
            admitted.push((form, Decision { answer: Answer::Maybe, ..maybe.clone() }));
        }
    }
    Admission(admitted)
}

/// Whether one service account gets the role: the token's audience may be any that the provider accepts.
pub fn admits(role: &Role, provider: &OidcProvider, namespace: &str, name: &str) -> Decision {
    let audiences: Vec<&str> = provider.client_id_list.iter().map(String::as_str).collect();
    admits_by(&trust_of(role), provider, &audiences, Some((namespace, name)))
}

fn admits_by(
    trust: &Document,
    provider: &OidcProvider,
    audiences: &[&str],
    account: Option<(&str, &str)>,
) -> Decision {
    let subject = account.map_or(Key::Unknown, |(namespace, name)| {
        Key::Values(vec![format!("system:serviceaccount:{namespace}:{name}")])
    });
    let issuer = issuers::bare(&provider.url);
    let context = Context::default()
        .with_other_claims(Key::Absent)
        .with(&format!("{issuer}:iss"), Key::Unknown)
        .with(&format!("{issuer}:sub"), subject)
        .with_value("aws:FederatedProvider", &provider.arn);
    let decisions = audiences.iter().map(|audience| {
        let context = context.clone().with_value(&format!("{issuer}:aud"), audience);
        decide_trust(
            trust,
            Caller::WebIdentity(&provider.arn),
            "sts:AssumeRoleWithWebIdentity",
            &context,
        )
    });
    decisions.fold(Decision::no(), Decision::or)
}

/// More forms with wildcards than this are not held against each other.
const BROAD: usize = 64;

/// What two forms with wildcards have in common, for policies where both must hold, and where that has no form of its
/// own, one of the two; none where there are too many.
fn meets(forms: &[Subjects]) -> (Vec<Subjects>, Option<Vec<Subjects>>) {
    let broad: Vec<&Subjects> = forms.iter().filter(|it| !it.is_exact()).collect();
    if BROAD < broad.len() {
        return (Vec::new(), None);
    }
    let (mut sure, mut doubtful) = (Vec::new(), Vec::new());
    for (at, one) in broad.iter().enumerate() {
        for other in &broad[at + 1..] {
            let namespace = meet(&one.namespace, &other.namespace);
            let name = meet(&one.name, &other.name);
            let (Some((namespace, a)), Some((name, b))) = (namespace, name) else { continue };
            let form = Subjects { namespace: namespace.to_owned(), name: name.to_owned() };
            if a && b { sure.push(form) } else { doubtful.push(form) }
        }
    }
    (sure, Some(doubtful))
}

/// The narrower of two patterns, and whether it lies in the other; none where they have nothing in common.
fn meet<'p>(one: &'p str, other: &'p str) -> Option<(&'p str, bool)> {
    if covers(one, other) {
        return Some((other, true));
    }
    intersects(one, other).then(|| (one, covers(other, one)))
}

/// A name that a policy does not mention.
pub(super) fn fresh(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    loop {
        text.hash(&mut hasher);
        let name = format!("q{:016x}", hasher.finish());
        if !text.contains(&name) {
            return name;
        }
    }
}

/// More ways than this to split a pattern into namespace and name say nothing anyway.
const SPLITS: usize = 64;

/// How many times a service account is held against a pattern before the others are no more told apart.
/// A trust policy has room for some sixty patterns, so real ones stay far below.
const PATIENCE: usize = 1 << 19;

/// `system:serviceaccount:`, a namespace, a colon and a name are at most this long.
const LONGEST: usize = 22 + 63 + 1 + 253;

/// The service accounts that a pattern on the token's subject can mean, taken apart at every place the last colon can be.
fn subjects(pattern: &str) -> Vec<Subjects> {
    let mut found = Vec::new();
    if LONGEST < pattern.chars().filter(|it| *it != '*').count() {
        return found;
    }
    let pattern = merged(pattern);
    for rest in after_prefix(&pattern) {
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
    let prefix = "system:serviceaccount:";
    if let Some(rest) = pattern.strip_prefix(prefix) {
        return vec![rest];
    }
    let mut places = vec![pattern];
    for wanted in prefix.chars() {
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
