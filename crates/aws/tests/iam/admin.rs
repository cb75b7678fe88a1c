//! Who can become administrator.

use eksray_aws::{
    iam::{
        Answer::{Maybe, No, Yes},
        Policies, admin,
    },
    inventory::iam::{AuthorizationDetails, ManagedPolicy},
};
use serde_json::{Value, json};

use crate::{ME, role};

#[test]
fn administrators_are_known_by_what_they_can_give_themselves() {
    let allow = |action: Value, resource: &str| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
    let table = [
        (vec![allow(json!("*"), "*")], Yes),
        (vec![allow(json!("IAM:*"), "*")], Yes),
        (vec![json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" })], Yes),
        (vec![json!({ "Effect": "Allow", "NotAction": "iam:*", "Resource": "*" })], No),
        (vec![json!({ "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::x/*" })], Yes),
        (vec![allow(json!("iam:PutRolePolicy"), ME)], Yes),
        (vec![allow(json!("iam:PutRolePolicy"), "arn:aws:iam::123456789012:role/you")], No),
        (
            vec![allow(
                json!(["iam:CreateRole", "iam:PutRolePolicy"]),
                "arn:aws:iam::*:role/app/*",
            )],
            Yes,
        ),
        (
            vec![
                allow(json!("iam:CreateRole"), "*"),
                allow(json!("iam:PutRolePolicy"), "arn:aws:iam::*:role/x"),
            ],
            Yes,
        ),
        (
            vec![
                allow(json!("iam:CreateRole"), "arn:aws:iam::*:role/a"),
                allow(json!("iam:PutRolePolicy"), "arn:aws:iam::*:role/b"),
            ],
            No,
        ),
        (
            vec![
                allow(json!("*"), "*"),
                json!({ "Effect": "Deny", "Action": "iam:*", "Resource": "*" }),
            ],
            No,
        ),
        (
            vec![json!({ "Effect": "Allow", "Action": "iam:AttachRolePolicy", "Resource": "*",
                "Condition": { "ArnEquals": { "iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess" } } })],
            No,
        ),
        (
            vec![
                json!({ "Effect": "Allow", "Action": ["iam:CreateRole", "iam:PutRolePolicy"], "Resource": "arn:aws:iam::*:role/app-*",
                "Condition": { "StringEquals": { "iam:PermissionsBoundary": "arn:aws:iam::123456789012:policy/b" } } }),
            ],
            No,
        ),
    ];
    let iam = AuthorizationDetails::default();
    for (statements, answer) in table {
        let role = role("me", &json!([]), &statements);
        let found = admin(&role, &Policies::of_role(&role, &iam, &[])).unwrap();
        assert_eq!(found.answer, answer, "{statements:?}");
    }
}

#[test]
fn a_boundary_counts_unless_the_role_can_take_it_off() {
    let boundary = |actions: Value| {
        let document =
            json!({ "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" } })
                .to_string();
        let arn = "arn:aws:iam::123456789012:policy/b".to_owned();
        AuthorizationDetails {
            policies: vec![ManagedPolicy { arn, document }],
            ..AuthorizationDetails::default()
        }
    };
    let everything = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
    let mut role = role("me", &json!([]), &[everything]);
    role.permissions_boundary = Some("arn:aws:iam::123456789012:policy/b".to_owned());
    let answer =
        |iam: &AuthorizationDetails| admin(&role, &Policies::of_role(&role, iam, &[])).unwrap();
    assert_eq!(answer(&boundary(json!("*"))).answer, Yes);
    assert_eq!(answer(&boundary(json!("iam:*"))).answer, Yes);
    assert_eq!(answer(&boundary(json!(["s3:*", "iam:PutRolePolicy"]))).answer, No);
    // A boundary that was not read is no excuse, but no proof either.
    let unread = answer(&AuthorizationDetails::default());
    assert_eq!((unread.answer, unread.not_considered.len()), (Maybe, 1));
}
