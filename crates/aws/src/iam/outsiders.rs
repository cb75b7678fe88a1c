//! What a trust policy says to people whom its author has never heard of.

use std::collections::BTreeSet;

use eksray_rule::{Fetched, Gap};

use super::{
    Answer, Caller, Context, Decision, Document, Effect, Key, decide_trust,
    principals::{Admitted, STRANGER, admitted},
    subjects::fresh,
};
use crate::{inventory::iam::OidcProvider, issuers};

/// Claims of a token that whoever runs a pipeline of their own can have as they like.
const CHOSEN_CLAIMS: [&str; 9] = [
    "base_ref",
    "environment",
    "event_name",
    "head_ref",
    "ref",
    "ref_path",
    "ref_type",
    "runner_environment",
    "workflow",
];

/// What comes before the owner in the subjects of tokens.
const BEFORE_OWNER: [&str; 5] = ["repo:", "project_path:", "organization:", "workspace:", "org/"];

/// Whom tokens of issuers that anybody can use let in.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Tokens of owners whom the policy does not name.
    pub(crate) open: Vec<(String, Decision)>,
    /// Patterns that mean all repositories of one owner.
    pub(crate) one_owner: Vec<String>,
    /// Whether a provider exists could not be read.
    pub(crate) gap: Option<Gap>,
}

/// Whether any principal of any account gets in.
pub(crate) fn anybody(trust: &Document) -> Option<(String, Decision)> {
    let context = stranger();
    let everybody = admitted(trust, &context).into_iter().find(Admitted::is_everybody)?;
    Some(("any principal of any account".to_owned(), everybody.decision))
}

/// A principal of another account and organization, on the internet, with a second factor of its own.
fn stranger() -> Context {
    let absent = ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceAccount", "aws:SourceArn"];
    let context = absent.iter().fold(Context::default(), |it, key| it.with(key, Key::Absent));
    context
        .with_other_claims(Key::Absent)
        .with_value("aws:PrincipalArn", STRANGER)
        .with_value("aws:PrincipalAccount", super::policies::account(STRANGER))
        .with_value("aws:PrincipalType", "AssumedRole")
        .with_value("aws:PrincipalOrgID", "o-qzx7d1f")
        .with_value("aws:PrincipalOrgPaths", "o-qzx7d1f/r-qzx7/")
        .with("aws:MultiFactorAuthPresent", Key::Chosen)
        .with("aws:MultiFactorAuthAge", Key::Chosen)
}

/// Which tokens of strangers get in, by every shared issuer that a trust policy names.
pub(crate) fn tokens(trust: &Document, providers: &Fetched<Vec<Fetched<OidcProvider>>>) -> Tokens {
    let allows = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
    let named = allows.filter_map(|it| it.principals.as_ref()).flat_map(|it| &it.named);
    let federated: BTreeSet<&str> =
        named.filter(|it| it.0 == "Federated").map(|it| it.1.as_str()).collect();
    let mut found = Tokens::default();
    for provider in federated {
        let issuer = provider.split_once(":oidc-provider/").map_or(provider, |(_, it)| it);
        if !issuers::is_shared(issuer) {
            continue;
        }
        match exists(provider, providers) {
            Ok(true) => of_issuer(trust, provider, issuer, &mut found),
            Ok(false) => {}
            Err(gap) => _ = found.gap.get_or_insert(gap),
        }
    }
    found
}

/// Some issuers are built in; the others are providers of the account.
fn exists(provider: &str, providers: &Fetched<Vec<Fetched<OidcProvider>>>) -> Result<bool, Gap> {
    if !provider.contains(":oidc-provider/") {
        return Ok(true);
    }
    let mut gap = None;
    for it in providers.known()? {
        match it.known() {
            Ok(it) if it.arn == provider => return Ok(true),
            Ok(_) => {}
            Err(it) => gap = Some(it),
        }
    }
    gap.map_or(Ok(false), Err)
}

fn of_issuer(trust: &Document, provider: &str, issuer: &str, found: &mut Tokens) {
    let issuer = issuers::bare(issuer).to_ascii_lowercase();
    let key = format!("{issuer}:sub");
    let patterns: BTreeSet<&str> = trust.values_of(&key).collect();
    let everything: String = patterns.iter().copied().collect();
    let unheard_of = fresh(&everything);
    let foreign = Key::Values(vec![unheard_of.clone()]);
    let admits = |subject: &str| {
        let context = stranger().with_other_claims(foreign.clone()).with_value(&key, subject);
        let context = CHOSEN_CLAIMS
            .iter()
            .fold(context, |it, claim| it.with(&format!("{issuer}:{claim}"), Key::Chosen));
        // A pipeline may ask for a token of any audience; elsewhere it is the client's own.
        let aud = if issuers::is_pipeline(&issuer) { Key::Chosen } else { foreign.clone() };
        let context = context.with(&format!("{issuer}:aud"), aud);
        let caller = Caller::WebIdentity(provider);
        decide_trust(trust, caller, "sts:AssumeRoleWithWebIdentity", &context)
    };
    let any = admits(&unheard_of);
    if any.answer != Answer::No {
        found.open.push((format!("any token of {issuer}"), any));
        return;
    }
    for pattern in patterns.iter().take(PATTERNS) {
        let decision = admits(&pattern.replace('*', &unheard_of).replace('?', "z"));
        if decision.answer == Answer::No || !pattern.contains(['*', '?']) {
            continue;
        }
        if any_owner(pattern) {
            found.open.push((format!("tokens of {issuer} for {pattern}"), decision));
        } else {
            found.one_owner.push(format!("admits tokens of {issuer} for {pattern}"));
        }
    }
}

/// More patterns than this say nothing new: a trust policy has room for some hundred.
const PATTERNS: usize = 512;

/// Whether a pattern of subjects leaves the owner open: `repo:*`, `repo:*/deploy:*`, `repo:acme*`.
fn any_owner(pattern: &str) -> bool {
    let owner = BEFORE_OWNER.iter().find_map(|it| pattern.strip_prefix(it)).unwrap_or(pattern);
    let owner = owner.split(['/', ':']).next().unwrap_or_default();
    owner.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_what_stands_before_the_first_slash() {
        for (pattern, open) in [
            ("*", true),
            ("repo:*", true),
            ("repo:*/deploy:*", true),
            ("repo:acme*", true),
            ("repo:acme/*", false),
            ("repo:acme/shop:*", false),
            ("project_path:group/*", false),
            ("project_path:*:ref_type:branch:ref:main", true),
            ("organization:acme:*", false),
        ] {
            assert_eq!(any_owner(pattern), open, "{pattern}");
        }
    }
}
