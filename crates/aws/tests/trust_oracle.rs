//! Which service accounts a trust policy admits, against an evaluator written apart that is asked one account at a time.

use eksray_aws::{
    iam::{Answer, admits, web_identity},
    inventory::iam::{OidcProvider, Role},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

const URL: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A";

#[derive(Clone, Debug)]
struct Rule {
    deny: bool,
    federated: bool,
    operator: &'static str,
    own_issuer: bool,
    patterns: Vec<&'static str>,
    audience: Option<&'static str>,
}

fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            matches(&pattern[1..], text) || !text.is_empty() && matches(pattern, &text[1..])
        }
        (Some('?'), Some(_)) => matches(&pattern[1..], &text[1..]),
        (Some(a), Some(b)) => a == b && matches(&pattern[1..], &text[1..]),
        _ => false,
    }
}

fn oracle(rules: &[Rule], namespace: &str, name: &str) -> bool {
    let subject = format!("system:serviceaccount:{namespace}:{name}");
    let speaks = |rule: &&Rule| {
        let like = rule.operator.contains("Like");
        let equal = rule
            .patterns
            .iter()
            .any(|it| if like { matches(it, &subject) } else { *it == subject });
        let negative = rule.operator.contains("Not");
        // The token has no claim of another issuer.
        let absent =
            negative || rule.operator.ends_with("IfExists") || rule.operator.starts_with("ForAll");
        let subject = if rule.own_issuer { equal != negative } else { absent };
        (rule.federated || rule.deny)
            && subject
            && rule.audience.is_none_or(|it| it == "sts.amazonaws.com")
    };
    let has = |deny: bool| rules.iter().filter(|it| it.deny == deny).any(|it| speaks(&it));
    has(false) && !has(true)
}

fn provider() -> OidcProvider {
    OidcProvider {
        arn: format!("arn:aws:iam::123456789012:oidc-provider/{URL}"),
        url: URL.to_owned(),
        client_id_list: vec!["sts.amazonaws.com".to_owned()],
    }
}

fn role(rules: &[Rule]) -> Role {
    let statements: Vec<Value> = rules
        .iter()
        .map(|rule| {
            let issuer =
                if rule.own_issuer { URL } else { "oidc.eks.eu-west-1.amazonaws.com/id/B" };
            let mut condition =
                json!({ rule.operator: { format!("{issuer}:sub"): rule.patterns } });
            if let Some(audience) = rule.audience {
                let aud = json!({ format!("{URL}:aud"): audience });
                match condition.get_mut("StringEquals") {
                    Some(equals) => equals[format!("{URL}:aud")] = json!(audience),
                    None => condition["StringEquals"] = aud,
                }
            }
            let principal = match (rule.deny, rule.federated) {
                (true, _) => json!("*"),
                (_, true) => json!({ "Federated": provider().arn }),
                _ => json!({ "Service": "ec2.amazonaws.com" }),
            };
            json!({ "Effect": if rule.deny { "Deny" } else { "Allow" }, "Principal": principal,
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition })
        })
        .collect();
    let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    Role { assume_role_policy_document: document, ..Role::default() }
}

fn rule() -> impl Strategy<Value = Rule> {
    let operators = select(vec![
        "StringEquals",
        "StringLike",
        "StringNotEquals",
        "StringNotLike",
        "StringLikeIfExists",
        "ForAllValues:StringLike",
    ]);
    let patterns = prop::collection::vec(
        select(vec![
            "*",
            "system:serviceaccount:*",
            "system:serviceaccount:a:*",
            "system:serviceaccount:*:x",
            "system:serviceaccount:a:x",
            "system:serviceaccount:a*:?",
            "system:*:b:*",
            "*:y",
            "system:serviceaccount:*:*:x",
            "repo:a/x",
        ]),
        1..3,
    );
    let often = |weight| prop::bool::weighted(weight);
    let audience = select(vec![None, Some("sts.amazonaws.com"), Some("vault")]);
    (often(0.2), often(0.9), operators, often(0.8), patterns, audience).prop_map(
        |(deny, federated, operator, own_issuer, patterns, audience)| Rule {
            deny,
            federated,
            operator,
            own_issuer,
            patterns,
            audience,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn every_account_is_judged_as_the_oracle_does_and_lies_in_what_is_admitted(
        rules in prop::collection::vec(rule(), 0..4),
    ) {
        let (role, provider) = (role(&rules), provider());
        let admission = web_identity(&role, &provider).unwrap();
        for namespace in ["a", "ab", "b", "c"] {
            for name in ["x", "y", "zz"] {
                let wanted = oracle(&rules, namespace, name);
                let decision = admits(&role, &provider, namespace, name);
                prop_assert_eq!(decision.answer, Answer::from(wanted), "{}/{}", namespace, name);
                let within = admission.0.iter().any(|(it, _)| it.contains(namespace, name));
                prop_assert!(!wanted || within, "{}/{} is not in {:?}", namespace, name, admission);
            }
        }
        // What is only perhaps admitted is too wide to be proven.
        for (subjects, decision) in admission.0.iter().filter(|it| it.1.answer == Answer::Yes) {
            let instance = |it: &str| it.replace('*', "qqqq").replace('?', "q");
            let (namespace, name) = (instance(&subjects.namespace), instance(&subjects.name));
            prop_assert!(oracle(&rules, &namespace, &name), "{} {:?}", subjects, decision);
        }
    }
}
