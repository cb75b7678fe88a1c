//! Policies of resources, alone and beside those of a principal.

use std::sync::Arc;

use eksray_aws::{
    iam::{
        Answer::{self, Maybe, No, Yes},
        Caller, Context, Document, Library, Limit, Policies, Request, Target, decide_both,
        decide_policy,
    },
    inventory::iam::{AuthorizationDetails, Group, InlinePolicy, ManagedPolicy, Role, User},
};
use serde_json::{Value, json};

use crate::{ME, policies};

const KEY: &str = "arn:aws:s3:::b/k";

fn document(statement: &Value) -> Document {
    let text = json!({ "Version": "2012-10-17", "Statement": statement }).to_string();
    Document::parse("r", &text)
}

fn request<'a>(resource: &'a str, context: &'a Context) -> Request<'a> {
    Request { action: "s3:GetObject", resource: Target::All(resource), context }
}

#[test]
fn a_resource_policy_speaks_to_principals_about_resources() {
    let context = Context::default();
    let ask = |statement: Value, caller| {
        decide_policy(&document(&statement), caller, &request(KEY, &context)).answer
    };
    let to = |principal: Value, resource: &str| json!({ "Effect": "Allow", "Principal": principal, "Action": "s3:Get*", "Resource": resource });
    let table = [
        (to(json!("*"), "arn:aws:s3:::b/*"), Caller::Role(ME), Yes),
        (to(json!("*"), "arn:aws:s3:::c/*"), Caller::Role(ME), No),
        (to(json!({ "AWS": "*" }), "*"), Caller::Role(ME), Yes),
        (to(json!("*"), "*"), Caller::Service("logs.amazonaws.com"), Yes),
        (
            to(json!({ "Service": "logs.amazonaws.com" }), "*"),
            Caller::Service("logs.amazonaws.com"),
            Yes,
        ),
        (to(json!({ "Service": "logs.amazonaws.com" }), "*"), Caller::Role(ME), No),
        (to(json!({ "AWS": "123456789012" }), "*"), Caller::Account("123456789012"), Yes),
        (
            to(json!({ "AWS": "arn:aws:sts::123456789012:assumed-role/me/x" }), "*"),
            Caller::Role(ME),
            Maybe,
        ),
    ];
    for (statement, caller, answer) in table {
        assert_eq!(ask(statement.clone(), caller), answer, "{statement} {caller:?}");
    }
    let but = |principal: Value| json!([to(json!("*"), "*"), { "Effect": "Deny", "NotPrincipal": principal, "Action": "*", "Resource": "*" }]);
    assert_eq!(ask(but(json!({ "AWS": ME })), Caller::Role(ME)), Yes);
    assert_eq!(ask(but(json!({ "AWS": ME })), Caller::Role("arn:aws:iam::1:role/x")), No);
}

#[test]
fn in_one_account_either_side_is_enough_and_a_deny_on_either_ends_it() {
    let context = Context::default();
    let allow = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    let deny = json!({ "Effect": "Deny", "Action": "s3:*", "Resource": "*" });
    let other = json!({ "Effect": "Allow", "Action": "ec2:*", "Resource": "*" });
    let theirs = |it: &Value| {
        let mut it = it.clone();
        it["Principal"] = json!({ "AWS": ME });
        document(&it)
    };
    let answer = |own: &Value, their: &Value, limit: Option<&Value>| -> Answer {
        let limits =
            limit.map(|it| Limit { documents: vec![Arc::new(document(it))], unread: false });
        let policies = Policies {
            limits: limits.into_iter().collect(),
            ..policies(&[json!({ "Statement": own })])
        };
        let request = request(KEY, &context);
        decide_both(&policies, &theirs(their), Caller::Role(ME), &request).answer
    };
    let table = [
        (&allow, &other, None, Yes),
        (&other, &allow, None, Yes),
        (&other, &other, None, No),
        (&deny, &allow, None, No),
        (&allow, &deny, None, No),
        (&other, &allow, Some(&other), No),
        (&other, &allow, Some(&allow), Yes),
    ];
    for (own, their, limit, wanted) in table {
        assert_eq!(answer(own, their, limit), wanted, "{own} {their} {limit:?}");
    }
}

#[test]
fn groups_versions_and_boundaries_are_found_once_for_all() {
    let policy = |name: &str| format!("arn:aws:iam::123456789012:policy/{name}");
    let managed = |name: &str, action: &str| ManagedPolicy {
        arn: policy(name),
        document: json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } })
            .to_string(),
    };
    let inline = |action: &str| InlinePolicy {
        name: "i".to_owned(),
        document: json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": "*" } })
            .to_string(),
    };
    let iam = AuthorizationDetails {
        policies: vec![managed("read", "s3:Get*"), managed("limit", "s3:GetObject")],
        groups: vec![Group {
            group_name: "readers".to_owned(),
            attached_policies: vec![policy("read")],
            inline_policies: vec![inline("sqs:*")],
            ..Group::default()
        }],
        users: vec![User { groups: vec!["readers".to_owned()], ..User::default() }],
        roles: vec![Role {
            arn: ME.to_owned(),
            attached_policies: vec![policy("read"), policy("gone")],
            permissions_boundary: Some(policy("limit")),
            ..Role::default()
        }],
    };
    let library = Library::of(&iam);
    let context = Context::default();
    let may = |policies: &Policies, action: &str| {
        let request = Request { action, ..request(KEY, &context) };
        eksray_aws::iam::decide(policies, &request).answer
    };
    let (user, role) = (library.of_user(&iam.users[0]), library.of_role(&iam.roles[0], &[]));
    assert_eq!((may(&user, "s3:GetObject"), may(&user, "sqs:SendMessage")), (Yes, Yes));
    assert_eq!((may(&role, "s3:GetObject"), may(&role, "s3:GetObjectAcl")), (Yes, No));
    assert_eq!(role.unread.len(), 1);
    let session = json!({ "Statement": { "Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a/*" } });
    let session = library.of_role(&iam.roles[0], &[&session.to_string()]);
    assert_eq!(may(&session, "s3:GetObject"), No);
    for (one, other) in [
        (&role, &Policies::of_role(&iam.roles[0], &iam, &[])),
        (&user, &Policies::of_user(&iam.users[0], &iam)),
    ] {
        assert_eq!(one.identity.len(), other.identity.len());
        assert_eq!(may(one, "s3:GetObject"), may(other, "s3:GetObject"));
    }
}
