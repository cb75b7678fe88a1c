//! Condition operators, absent keys and policy variables.

use eksray_aws::iam::{
    Answer::{self, Maybe, No, Yes},
    Context, Key, Request, Target, decide,
};
use serde_json::{Value, json};

use crate::{ask, policies};

/// Whether `Allow * on *` under one condition holds.
fn under(operator: &str, key: &str, value: &Value, context: &Context) -> Answer {
    let condition = json!({ operator: { key: value } });
    let statement =
        json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition });
    ask(&statement, "s3:GetObject", Target::All("arn:aws:s3:::b/k"), context)
}

#[test]
fn every_operator_means_what_the_reference_says() {
    let table = [
        ("StringEquals", "x", json!("x"), Yes),
        ("StringEquals", "x", json!("X"), No),
        ("StringEquals", "x", json!("*"), No),
        ("StringNotEquals", "x", json!(["y", "z"]), Yes),
        ("StringNotEquals", "x", json!(["x", "y"]), No),
        ("StringEqualsIgnoreCase", "x", json!("X"), Yes),
        ("StringNotEqualsIgnoreCase", "x", json!("X"), No),
        ("StringLike", "x/y", json!("x*"), Yes),
        ("StringNotLike", "x/y", json!("x*"), No),
        ("NumericLessThan", "5", json!(10), Yes),
        ("NumericEquals", "5", json!("5.0"), Yes),
        ("NumericGreaterThanEquals", "5", json!("five"), No),
        ("DateLessThan", "2026-01-01T00:00:00Z", json!("2026-06-01T00:00:00Z"), Yes),
        ("DateGreaterThan", "1750000000", json!("2026-06-01T00:00:00Z"), No),
        ("DateLessThan", "2026-01-01T00:00:00Z", json!("2026-06-01"), Yes),
        ("DateNotEquals", "2026-06-01T00:00:00Z", json!("2026-06-01"), No),
        ("NumericLessThanEquals", "5", json!(5), Yes),
        ("NumericNotEquals", "5", json!([4, 6]), Yes),
        ("NotStringEquals", "x", json!("y"), Maybe),
        ("Bool", "true", json!(true), Yes),
        ("Bool", "true", json!("false"), No),
        ("BinaryEquals", "QmluYXJ5", json!("QmluYXJ5"), Yes),
        ("IpAddress", "203.0.113.9", json!("203.0.113.0/24"), Yes),
        ("IpAddress", "203.0.113.9", json!("203.0.113.9"), Yes),
        ("NotIpAddress", "203.0.113.9", json!("203.0.113.0/24"), No),
        ("IpAddress", "2001:db8::1", json!("2001:db8::/32"), Yes),
        ("ArnLike", "arn:aws:sns:eu-west-1:1:t", json!("arn:aws:sns:*:1:t"), Yes),
        ("ArnEquals", "arn:aws:sns:eu-west-1:1:t", json!("arn:aws:sns:*:1:?"), Yes),
        ("ArnLike", "arn:aws:sns:eu-west-1:1:t", json!("arn:*:t"), No),
        ("ArnNotLike", "arn:aws:sns:eu-west-1:1:t", json!("arn:aws:sns:*:1:t"), No),
        ("StringResembles", "x", json!("x"), Maybe),
    ];
    for (operator, value, wanted, answer) in table {
        let context = Context::default().with_value("k:v", value);
        assert_eq!(under(operator, "K:V", &wanted, &context), answer, "{operator} {wanted}");
    }
}

#[test]
fn an_absent_key_fails_positive_operators_and_satisfies_the_others() {
    let absent = Context::default().with("k:v", Key::Absent);
    let table = [
        ("StringEquals", No),
        ("StringNotEquals", Yes),
        ("StringEqualsIfExists", Yes),
        ("StringLike", No),
        ("StringNotLike", Yes),
        ("ForAllValues:StringEquals", Yes),
        ("ForAnyValue:StringEquals", No),
        ("ForAnyValue:StringNotEquals", No),
        ("NotIpAddress", Yes),
        ("ArnNotEquals", Yes),
        ("NumericNotEquals", Yes),
        ("Bool", No),
        ("BoolIfExists", Yes),
        ("IpAddressIfExists", Yes),
        ("DateLessThan", No),
    ];
    for (operator, answer) in table {
        assert_eq!(under(operator, "k:v", &json!("x"), &absent), answer, "{operator}");
    }
    assert_eq!(under("Null", "k:v", &json!("true"), &absent), Yes);
    assert_eq!(under("Null", "k:v", &json!(false), &absent), No);
}

#[test]
fn environment_is_undecided_and_what_the_caller_chooses_is_satisfiable() {
    let context = Context::default();
    assert_eq!(under("IpAddress", "aws:SourceIp", &json!("192.0.2.0/24"), &context), Maybe);
    assert_eq!(under("StringEquals", "aws:PrincipalOrgID", &json!("o-1"), &context), Maybe);
    assert_eq!(under("StringEquals", "aws:RequestTag/team", &json!("a"), &context), Yes);
    assert_eq!(
        under("StringEquals", "iam:PassedToService", &json!("ec2.amazonaws.com"), &context),
        Yes
    );
    assert_eq!(under("StringEquals", "eks:policyArn", &json!("x"), &context), Yes);
    assert_eq!(under("Bool", "aws:SecureTransport", &json!("true"), &context), Yes);
}

#[test]
fn workloads_have_no_second_factor() {
    let context = Context::default();
    let key = "aws:MultiFactorAuthPresent";
    assert_eq!(under("Bool", key, &json!("true"), &context), No);
    assert_eq!(under("BoolIfExists", key, &json!("true"), &context), Maybe);
    assert_eq!(under("NumericLessThan", "aws:MultiFactorAuthAge", &json!("3600"), &context), No);
    let unless = |operator: &str| {
        json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "*", "Resource": "*", "Condition": { operator: { key: "false" } } },
        ])
    };
    let target = Target::All("*");
    assert_eq!(ask(&unless("BoolIfExists"), "s3:GetObject", target, &context), No);
    assert_eq!(ask(&unless("Bool"), "s3:GetObject", target, &context), Maybe);
}

#[test]
fn variables_are_replaced_only_under_the_newer_version() {
    let context = Context::default().with_value("aws:PrincipalTag/team", "a*");
    let answer = |version: &str, resource: &str, target: &str, context: &Context| {
        let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": resource });
        let document = json!({ "Version": version, "Statement": statement });
        let request = Request { action: "s3:GetObject", resource: Target::All(target), context };
        decide(&policies(&[document]), &request).answer
    };
    let home = "arn:aws:s3:::${aws:PrincipalTag/team}/*";
    assert_eq!(answer("2012-10-17", home, "arn:aws:s3:::a*/k", &context), Yes);
    assert_eq!(answer("2012-10-17", home, "arn:aws:s3:::ab/k", &context), No);
    assert_eq!(answer("2012-10-17", home, "arn:aws:s3:::ab/k", &Context::default()), Maybe);
    assert_eq!(answer("2008-10-17", home, "arn:aws:s3:::a*/k", &context), No);
    let user = "arn:aws:s3:::${aws:username}/*";
    assert_eq!(answer("2012-10-17", user, "arn:aws:s3:::bob/k", &context), No);
    let with_default = "arn:aws:s3:::${aws:username, 'shared'}/*";
    assert_eq!(answer("2012-10-17", with_default, "arn:aws:s3:::shared/k", &context), Yes);
    assert_eq!(answer("2012-10-17", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/k", &context), No);
    // A version that IAM does not have leaves everything open.
    assert_eq!(answer("2030-01-01", "*", "arn:aws:s3:::b/k", &context), Maybe);
}

#[test]
fn a_deny_with_an_unknown_variable_leaves_doubt() {
    let deny = |resource: &str, condition: Value| {
        json!([
            { "Effect": "Allow", "Action": "*", "Resource": "*" },
            { "Effect": "Deny", "Action": "*", "Resource": resource, "Condition": condition },
        ])
    };
    let target = Target::All("arn:aws:s3:::a/k");
    let ask = |statement: &Value| ask(statement, "s3:GetObject", target, &Context::default());
    assert_eq!(ask(&deny("arn:aws:s3:::${aws:PrincipalTag/team}/*", json!({}))), Maybe);
    assert_eq!(ask(&deny("arn:aws:s3:::b/${aws:PrincipalTag/team}", json!({}))), Yes);
    let own = json!({ "StringNotEquals": { "aws:PrincipalAccount": "${aws:ResourceAccount}" } });
    assert_eq!(ask(&deny("*", own)), Maybe);
}
