//! Whom a trust policy lets in, one by one.

use std::collections::BTreeSet;

use super::{
    Answer, Caller, Context, Decision, Document, Effect, Key, decide_trust, policies::account,
};

/// A role of an account that nobody trusts by name.
pub(crate) const STRANGER: &str = "arn:aws:iam::000000000000:role/qzx7d1f";

/// Somebody whom a trust policy names and lets in.
#[derive(Clone, Debug)]
pub(crate) struct Admitted<'t> {
    /// `AWS`, `Service`, `Federated`, or `*` for everybody.
    pub(crate) kind: &'t str,
    /// As the policy writes it; `NotPrincipal` where it names those who do not get in.
    pub(crate) name: &'t str,
    pub(crate) decision: Decision,
}

impl Admitted<'_> {
    /// Whether it stands for all principals of all accounts.
    pub(crate) fn is_everybody(&self) -> bool {
        self.name == "*" || self.name == "NotPrincipal"
    }
}

/// Those named by Allow statements that get in under what is known of the request; Deny counts.
///
/// Ids such as `AROA…` are what IAM leaves of a principal that was deleted: nobody gets in by them.
pub(crate) fn admitted<'t>(trust: &'t Document, context: &Context) -> Vec<Admitted<'t>> {
    let allows = trust.statements.iter().filter(|it| it.effect == Effect::Allow);
    let mut named: BTreeSet<(&str, &str)> = BTreeSet::new();
    for principals in allows.filter_map(|it| it.principals.as_ref()) {
        if principals.all_but {
            named.insert(("*", "NotPrincipal"));
            continue;
        }
        named.extend(principals.named.iter().map(|(kind, name)| (kind.as_str(), name.as_str())));
    }
    let admit = |(kind, name)| {
        let decision = ask(trust, kind, name, context);
        (decision.answer != Answer::No).then_some(Admitted { kind, name, decision })
    };
    named.into_iter().filter_map(admit).collect()
}

fn ask(trust: &Document, kind: &str, name: &str, context: &Context) -> Decision {
    let decide = |caller, action| decide_trust(trust, caller, action, context);
    match kind {
        "Service" => decide(Caller::Service(name), "sts:AssumeRole"),
        "Federated" if name.contains(":saml-provider/") => {
            decide(Caller::Saml(name), "sts:AssumeRoleWithSAML")
        }
        "Federated" => decide(Caller::WebIdentity(name), "sts:AssumeRoleWithWebIdentity"),
        "AWS" | "*" if name == "*" || name == "NotPrincipal" => {
            decide(Caller::Role(STRANGER), "sts:AssumeRole")
        }
        "AWS" | "*" => match name.split_once(":assumed-role/") {
            // A session, by the role that it is of.
            Some((before, session)) => {
                let role = session.split('/').next().unwrap_or_default();
                let role = format!("{}:role/{role}", before.replacen(":sts:", ":iam:", 1));
                decide(Caller::Role(&role), "sts:AssumeRole")
            }
            None if name.ends_with(":root") => {
                decide(Caller::Account(account(name)), "sts:AssumeRole")
            }
            None if name.starts_with("arn:") => decide(Caller::Role(name), "sts:AssumeRole"),
            None if is_account_id(name) => decide(Caller::Account(name), "sts:AssumeRole"),
            None => Decision::no(),
        },
        _ => Decision::no(),
    }
}

fn is_account_id(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|it| it.is_ascii_digit())
}

/// The account that a principal of kind `AWS` is of.
pub(crate) fn account_of(name: &str) -> &str {
    if is_account_id(name) { name } else { account(name) }
}

/// A request of somebody who meets every condition that the caller can meet by choosing.
pub(crate) fn willing() -> Context {
    let keys = ["aws:SourceAccount", "aws:SourceArn", "sts:ExternalId"];
    let context = Context::default().with_other_claims(Key::Chosen);
    keys.iter().fold(context, |it, key| it.with(key, Key::Chosen))
}

/// What ties a request to an organization, a second factor, a network or a resource.
pub(crate) const TIES: [&str; 13] = [
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:VpcSourceIp",
    "sts:ExternalId",
];

/// A request that carries none of these keys.
pub(crate) fn without(keys: &[&str]) -> Context {
    keys.iter().fold(Context::default(), |it, key| it.with(key, Key::Absent))
}
