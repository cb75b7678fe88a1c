//! Policies of many resources, whose Resource counts: whom outside an account they surely let in.

use std::collections::BTreeSet;

use super::{
    Answer, Context, Document, Effect, Key, Principals, Request, Statement, Target,
    decide::applies, policies::account,
};

/// Statements with the principals outside that they let do something, for sure: a condition that may
/// narrow it, or a Deny that may forbid it, leaves nobody.
pub fn shared_with<'a>(
    document: &'a Document,
    action: &str,
    resource: &str,
    is_own: impl Fn(&str) -> bool,
) -> BTreeSet<(&'a str, &'a str)> {
    let context = ["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"]
        .into_iter()
        .fold(Context::default(), |context, key| context.with(key, Key::Absent));
    let action = action.to_ascii_lowercase();
    let request = Request { action: &action, resource: Target::All(resource), context: &context };
    let speaking = |effect| {
        let statements = document.statements.iter().filter(move |it| it.effect == effect);
        statements.map(|it| (it, applies(document, it, &request)))
    };
    let allowed = speaking(Effect::Allow).filter(|(_, answer)| *answer == Answer::Yes);
    let let_in =
        allowed.flat_map(|(it, _)| outside(it, &is_own).map(|who| (it.name.as_str(), who)));
    let denied = |who: &str| {
        let mut denies = speaking(Effect::Deny).filter(|(_, answer)| *answer != Answer::No);
        denies.any(|(it, _)| it.principals.as_ref().is_some_and(|it| may_mean(it, who)))
    };
    let_in.filter(|(_, who)| !denied(who)).collect()
}

/// Principals of a statement that are not of an own account; services are none.
fn outside<'a>(
    statement: &'a Statement,
    is_own: &impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'a str> {
    let principals = statement.principals.as_ref();
    let everybody = principals.filter(|it| it.all_but).map(|_| "*");
    let named = principals.filter(|it| !it.all_but).into_iter().flat_map(|it| &it.named);
    let named = named.filter(|(kind, value)| match kind.as_str() {
        "*" => true,
        "AWS" => value == "*" || !is_own(account_of(value)),
        _ => false,
    });
    everybody.into_iter().chain(named.map(|(_, value)| value.as_str()))
}

/// An account stands for itself.
fn account_of(principal: &str) -> &str {
    if principal.contains(':') { account(principal) } else { principal }
}

fn may_mean(principals: &Principals, who: &str) -> bool {
    let means = |(kind, value): &(String, String)| {
        matches!(kind.as_str(), "*" | "AWS") && (value == "*" || value == who)
    };
    principals.named.iter().any(means) != principals.all_but
}

#[cfg(test)]
mod tests {
    use super::*;

    fn let_in(statements: &str) -> Vec<String> {
        let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
        let document = Document::parse("p", &text);
        assert_eq!(document.gap, None);
        let found = shared_with(&document, "logs:PutLogEvents", "arn:x", |it| it == "111122223333");
        found.into_iter().map(|(_, who)| who.to_owned()).collect()
    }

    fn allow(principal: &str, condition: &str) -> String {
        format!(
            r#"{{"Effect": "Allow", "Principal": {principal}, "Action": "logs:Put*", "Resource": "*", "Condition": {condition}}}"#
        )
    }

    #[test]
    fn only_strangers_without_a_condition_are_let_in() {
        for (principal, condition, expected) in [
            (r#""*""#, "{}", vec!["*"]),
            (r#"{"AWS": ["111122223333", "444455556666"]}"#, "{}", vec!["444455556666"]),
            (r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "{}", vec![]),
            (r#"{"Service": "delivery.logs.amazonaws.com"}"#, "{}", vec![]),
            (r#""*""#, r#"{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#, vec![]),
            (r#""*""#, r#"{"ArnLike": {"aws:SourceArn": "arn:aws:logs:*"}}"#, vec![]),
            (r#""*""#, r#"{"Bool": {"aws:SecureTransport": "true"}}"#, vec!["*"]),
        ] {
            assert_eq!(let_in(&allow(principal, condition)), expected, "{principal} {condition}");
        }
    }

    #[test]
    fn a_deny_that_may_hold_is_granted() {
        let deny = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}}"#;
        assert!(let_in(&format!("{}, {deny}", allow(r#""*""#, "{}"))).is_empty());
    }
}
