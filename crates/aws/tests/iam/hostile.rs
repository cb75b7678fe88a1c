//! Policies that nobody means well with: each has a clear outcome, and none takes long.

use eksray_aws::{
    iam::{
        Answer::{Maybe, No, Yes},
        Caller, Context, Document, Key, Policies, Request, Target, decide, decide_trust,
        web_identity,
    },
    inventory::iam::{OidcProvider, Role},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{ME, anything::judge, ask, policies, role};

fn allow(resource: &Value) -> Value {
    json!({ "Effect": "Allow", "Action": "s3:*", "Resource": resource })
}

#[test]
fn ten_megabytes_are_an_answer() {
    let names: Vec<String> =
        (0..10_000).map(|it| format!("arn:aws:s3:::{it}{}", "x".repeat(1_000))).collect();
    let granted = json!({ "Statement": allow(&json!(names)) });
    assert!(granted.to_string().len() > 10_000_000);
    let denied = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": names });
    let (granted, denied) = (policies(&[granted]), policies(&[json!({ "Statement": denied })]));
    let context = Context::default();
    let answer = |policies: &Policies, action, resource| {
        decide(policies, &Request { action, resource, context: &context }).answer
    };
    let any = Target::Any("*");
    assert_eq!(answer(&granted, "s3:GetObject", any), Yes);
    assert_eq!(answer(&granted, "ec2:RunInstances", any), No);
    // Each of ten thousand names would have to be held against ten thousand: the answer is left open.
    let both = Policies { identity: [granted.identity, denied.identity].concat(), ..granted };
    assert_eq!(answer(&both, "s3:GetObject", any), Maybe);
    assert_eq!(answer(&both, "s3:GetObject", Target::All(&names[7])), No);
}

#[test]
fn ten_thousand_wildcards_are_an_answer_wherever_they_stand() {
    let deep = "*a".repeat(10_000);
    let context = Context::default().with_value("k:v", &"a".repeat(9_999));
    let statement = json!({ "Effect": "Allow", "Action": &deep, "Resource": &deep,
        "Condition": { "StringLike": { "k:v": &deep } } });
    assert_eq!(ask(&statement, "s3:GetObject", Target::Any("*b*"), &context), No);
    let statement = json!({ "Effect": "Allow", "Action": "*", "Resource": "*",
        "Condition": { "StringNotLike": { "k:v": &deep } } });
    assert_eq!(ask(&statement, "s3:GetObject", Target::All("x"), &context), Yes);
}

#[test]
fn what_the_grammar_does_not_have_is_never_sure() {
    let context = Context::default().with_value("k:v", "x");
    let under = |effect: &str, extra: Value| {
        let mut statement = json!({ "Effect": effect, "Action": "*", "Resource": "*" });
        for (key, value) in extra.as_object().unwrap() {
            statement[key] = value.clone();
        }
        json!([{ "Effect": "Allow", "Action": "*", "Resource": "*" }, statement])
    };
    for extra in [
        json!({ "Condition": { "StringResembles": { "k:v": "x" } } }),
        json!({ "Condition": { "ForSomeValues:StringEquals": { "k:v": "x" } } }),
        json!({ "Condition": { "StringNotEqualsNot": { "k:v": "y" } } }),
        json!({ "Unless": "tuesday" }),
    ] {
        let alone = &under("Allow", extra.clone())[1];
        assert_eq!(ask(alone, "s3:GetObject", Target::All("x"), &context), Maybe, "{extra}");
        let denied = under("Deny", extra.clone());
        assert_eq!(ask(&denied, "s3:GetObject", Target::All("x"), &context), Maybe, "{extra}");
    }
}

#[test]
fn malformed_documents_are_gaps_and_their_sound_statements_stand() {
    let half = r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":{"a":1}}]}"#;
    let document = Document::parse("p", half);
    let gap = document.gap.clone().expect("the second statement is no statement");
    assert_eq!(gap.detail, "policy p: statement 2 has a value that is no scalar");
    assert_eq!(document.statements.len(), 1);
    for broken in [
        r#"{"Statement":[{"Effect":"Allow","Principal":7,"Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":"123456789012","Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","NotAction":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":["x"]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":true}}]}"#,
        &format!("{{\"Statement\":{}1{}}}", "[".repeat(50_000), "]".repeat(50_000)),
        "\u{feff}{}",
    ] {
        let document = Document::parse("p", broken);
        assert!(document.gap.is_some() && document.statements.is_empty(), "{broken:.60}");
    }
}

#[test]
fn nobody_gets_in_by_a_policy_without_principals_or_by_what_a_deleted_one_leaves() {
    for principal in [
        json!({}),
        json!({ "Principal": {} }),
        json!({ "Principal": { "AWS": [] } }),
        json!({ "Principal": { "AWS": "AROAJQABLZS4A3QDU576Q" } }),
        json!({ "Principal": { "AWS": ["AIDACKCEVSQ6C2EXAMPLE", "AGPA9999"] } }),
        json!({ "Principal": { "CanonicalUser": "79a59df900b949e55d96a1e698fba" } }),
    ] {
        let mut statement = principal.clone();
        statement["Effect"] = json!("Allow");
        statement["Action"] = json!("sts:*");
        let trust = Document::parse("t", &json!({ "Statement": statement }).to_string());
        assert_eq!(trust.gap, None, "{principal}");
        for caller in [
            Caller::Role(ME),
            Caller::Account("123456789012"),
            Caller::Service("ec2.amazonaws.com"),
        ] {
            let answer = decide_trust(&trust, caller, "sts:AssumeRole", &Context::default()).answer;
            assert_eq!(answer, No, "{principal} {caller:?}");
        }
    }
}

#[test]
fn a_trust_policy_of_twenty_thousand_subjects_is_an_answer() {
    let url = "oidc.eks.eu-west-1.amazonaws.com/id/A";
    let arn = format!("arn:aws:iam::123456789012:oidc-provider/{url}");
    let client_id_list = vec!["sts.amazonaws.com".to_owned()];
    let provider = OidcProvider { arn: arn.clone(), url: url.to_owned(), client_id_list };
    let trusting = |subjects: Value| -> Role {
        let trust = json!({ "Effect": "Allow", "Principal": { "Federated": arn },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": { "StringLike": { format!("{url}:sub"): subjects } } });
        role("r", &trust, &[])
    };
    let many: Vec<String> =
        (0..20_000).map(|it| format!("system:serviceaccount:n{it}:*")).collect();
    let admitted = web_identity(&trusting(json!(many)), &provider).unwrap();
    assert_eq!(admitted.answer(), Yes);
    assert_eq!(admitted.0.last().map(|it| it.1.answer), Some(Maybe));
    // No service account has a name as long as this.
    let long = format!("system:serviceaccount:{}:x", "a*".repeat(500_000));
    assert!(web_identity(&trusting(json!(long)), &provider).unwrap().is_empty());
    let stars = web_identity(&trusting(json!("*".repeat(1_000_000))), &provider).unwrap();
    assert_eq!(stars.0[0].0.to_string(), "any service account");
}

#[test]
fn an_unknown_key_is_named() {
    let condition = json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" }, "Bool": { "aws:SecureTransport": "true" } });
    let document = json!({ "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition } });
    let context = Context::default();
    let request = Request { action: "s3:GetObject", resource: Target::All("x"), context: &context };
    let decision = decide(&policies(std::slice::from_ref(&document)), &request);
    assert_eq!(decision.undecided.into_iter().collect::<Vec<_>>(), ["aws:sourceip"]);
    let known = context.clone().with("aws:SourceIp", Key::Absent);
    let request = Request { context: &known, ..request };
    assert_eq!(decide(&policies(&[document]), &request).answer, No);
}

/// A policy with a few symbols in the wrong place.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let good = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/A"},"Action":["sts:*","s3:Get*"],"NotResource":"arn:aws:s3:::${aws:PrincipalTag/a, 'b'}/?","Condition":{"ForAnyValue:StringLikeIfExists":{"oidc.eks.eu-west-1.amazonaws.com/id/A:sub":"system:serviceaccount:*:x"},"DateLessThan":{"aws:CurrentTime":"2026-01-01"}}}]}"#;
    let edits = prop::collection::vec((0..good.len(), any::<u8>()), 0..6);
    edits.prop_map(|edits| {
        let mut bytes = good.as_bytes().to_vec();
        for (at, byte) in edits {
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in any::<Vec<u8>>()) {
        judge(&bytes);
    }

    #[test]
    fn bent_policies_never_panic(bytes in bent()) {
        judge(&bytes);
    }

    #[test]
    fn fragments_never_panic(text in "[\\[\\]{}\":,a*$?. 0-9]{0,60}") {
        judge(format!("{{\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":{text}").as_bytes());
        judge(format!("{{\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":{text}}}]}}").as_bytes());
    }
}
