//! Policies of resources: whom beside the own account they let in.

use std::{collections::BTreeMap, fmt};

use super::{Answer, Caller, Context, Document, Effect, Key, decide_trust, policies::account};

/// Somebody outside the account whom a policy lets do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// As the policy names it; `*` for anyone.
    pub principal: String,
    /// What it may do, of what was asked.
    pub actions: Vec<String>,
    /// Statements that let it.
    pub statements: Vec<String>,
    /// The strongest answer.
    pub answer: Answer,
}

impl fmt::Display for Stranger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statements = self.statements.join(", ");
        let (first, more) = self.actions.split_at(self.actions.len().min(3));
        write!(f, "{statements}: Principal {} may {}", self.principal, first.join(", "))?;
        match more.len() {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// An account that is nobody's.
const NOBODY: &str = "000000000000";

/// Principals outside the account and the trusted ones that a policy lets do any of the actions; anyone first.
///
/// Conditions on the caller's account or organization keep strangers out; those that a caller may choose do not.
/// Resources of statements are not looked at: a key's policy speaks of that key.
pub fn strangers(
    document: &Document,
    own: &str,
    trusted: &[String],
    actions: &[&str],
) -> Vec<Stranger> {
    let anyone = format!("arn:aws:iam::{NOBODY}:role/stranger");
    let mut found: Vec<Stranger> =
        judge(document, "*", Caller::Role(&anyone), NOBODY, actions).into_iter().collect();
    let is_open = |it: &Stranger| it.answer == Answer::Yes;
    if found.iter().any(is_open) && found[0].actions.len() == actions.len() {
        return found;
    }
    let mut named: BTreeMap<&str, &str> = BTreeMap::new();
    for statement in document.statements.iter().filter(|it| it.effect == Effect::Allow) {
        let principals = statement.principals.iter().filter(|it| !it.all_but);
        for (_, value) in principals.flat_map(|it| &it.named).filter(|it| it.0 == "AWS") {
            let account = if is_account(value) { value.as_str() } else { account(value) };
            let known = account == own || trusted.iter().any(|it| it == account);
            // The id of a principal that is gone names nobody.
            if is_account(account) && !known {
                named.insert(value, account);
            }
        }
    }
    for (value, account) in named {
        let root = value == account || value.ends_with(":root");
        let caller = if root { Caller::Account(account) } else { Caller::Role(value) };
        found.extend(judge(document, value, caller, account, actions));
    }
    found
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|it| it.is_ascii_digit())
}

fn judge(
    document: &Document,
    principal: &str,
    caller: Caller<'_>,
    account: &str,
    actions: &[&str],
) -> Option<Stranger> {
    let context = context(account, caller);
    let decided: Vec<_> =
        actions.iter().map(|it| (*it, decide_trust(document, caller, it, &context))).collect();
    let answer = decided.iter().map(|it| it.1.answer).max().filter(|it| *it != Answer::No)?;
    let mut stranger =
        Stranger { principal: principal.to_owned(), actions: vec![], statements: vec![], answer };
    for (action, decision) in decided.into_iter().filter(|it| it.1.answer == answer) {
        stranger.actions.push(action.to_owned());
        stranger.statements.extend(decision.by);
    }
    stranger.statements.sort();
    stranger.statements.dedup();
    Some(stranger)
}

/// A request from another account and another organization, made itself or by a service on its behalf.
fn context(account: &str, caller: Caller<'_>) -> Context {
    let arn = match caller {
        Caller::Role(arn) => arn.to_owned(),
        _ => format!("arn:aws:iam::{account}:role/stranger"),
    };
    Context::default()
        .with_value("aws:PrincipalAccount", account)
        .with_value("kms:CallerAccount", account)
        .with_value("aws:PrincipalArn", &arn)
        .with_value("aws:PrincipalOrgID", "o-stranger00")
        .with_value("aws:PrincipalOrgPaths", "o-stranger00/r-0000/ou-0000-00000000/")
        .with("kms:ViaService", Key::Chosen)
        .with("kms:GrantIsForAWSResource", Key::NeverTrue)
        .with("aws:SourceAccount", Key::Absent)
        .with("aws:SourceArn", Key::Absent)
        .with("aws:SourceOrgID", Key::Absent)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Principals let in by one statement, with whether that is sure.
    fn let_in(principal: &str, condition: &str) -> Vec<(String, bool)> {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": "kms:*",
                "Resource": "*", "Principal": {principal}, "Condition": {condition}}}]}}"#
        );
        let document = Document::parse("p", &text);
        let trusted = ["222222222222".to_owned()];
        let found = strangers(&document, "111111111111", &trusted, &["kms:Decrypt"]);
        found.into_iter().map(|it| (it.principal, it.answer == Answer::Yes)).collect()
    }

    #[test]
    fn own_trusted_and_dead_principals_are_no_strangers() {
        let role = r#"{"AWS": "arn:aws-cn:iam::333333333333:role/x"}"#;
        assert_eq!(let_in(role, "{}"), [("arn:aws-cn:iam::333333333333:role/x".to_owned(), true)]);
        for principal in [
            r#"{"AWS": ["111111111111", "arn:aws:iam::222222222222:root", "AIDAEXAMPLE"]}"#,
            r#"{"Service": "logs.eu-west-1.amazonaws.com"}"#,
        ] {
            assert_eq!(let_in(principal, "{}"), [], "{principal}");
        }
    }

    #[test]
    fn anyone_is_kept_out_by_account_or_organization_only() {
        let anyone = r#"{"AWS": "*"}"#;
        let sure = [("*".to_owned(), true)];
        assert_eq!(let_in(anyone, "{}"), sure);
        let via = r#"{"StringEquals": {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}}"#;
        assert_eq!(let_in(anyone, via), sure);
        assert_eq!(let_in(anyone, r#"{"StringLike": {"aws:PrincipalOrgID": "*"}}"#), sure);
        let address = r#"{"StringEquals": {"aws:SourceVpce": "vpce-1"}}"#;
        assert_eq!(let_in(anyone, address), [("*".to_owned(), false)]);
        for condition in [
            r#"{"StringEquals": {"kms:CallerAccount": "111111111111"}}"#,
            r#"{"StringEquals": {"aws:PrincipalOrgID": "o-mine"}}"#,
            r#"{"Bool": {"kms:GrantIsForAWSResource": "true"}}"#,
            r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}"#,
        ] {
            assert_eq!(let_in(anyone, condition), [], "{condition}");
        }
    }
}
