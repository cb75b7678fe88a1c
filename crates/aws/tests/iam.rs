//! The IAM engine against tables from AWS's documentation.

use eksray_aws::{
    iam::{
        Answer::{self, Maybe, No, Yes},
        Caller, Context, Document, Key, Policies, Request, Target, Trusts, admin, admits, decide,
        decide_trust, trusts_service, web_identity,
    },
    inventory::iam::{AuthorizationDetails, InlinePolicy, ManagedPolicy, OidcProvider, Role},
};
use serde_json::{Value, json};

const ME: &str = "arn:aws:iam::123456789012:role/me";

fn policies(documents: &[Value]) -> Policies {
    let identity = documents.iter().map(|it| Document::parse("p", &it.to_string())).collect();
    Policies { identity, ..Policies::default() }
}

fn ask(statement: &Value, action: &str, resource: Target<'_>, context: &Context) -> Answer {
    let document = json!({ "Version": "2012-10-17", "Statement": statement });
    decide(&policies(&[document]), &Request { action, resource, context }).answer
}

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
}

#[test]
fn a_deny_on_a_part_takes_nothing_from_the_rest() {
    let context = Context::default();
    let both = json!([
        { "Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"] },
        { "Effect": "Deny", "Action": "s3:Get*", "Resource": "arn:aws:s3:::a/*" },
    ]);
    let any = Target::Any("arn:aws:s3:::*");
    assert_eq!(ask(&both, "s3:GetObject", any, &context), Yes);
    assert_eq!(ask(&both, "s3:GetObject", Target::Any("arn:aws:s3:::a/*"), &context), No);
    assert_eq!(ask(&both, "s3:GetObject", Target::All("*"), &context), No);
}

#[test]
fn decisions_name_their_statements() {
    let document = json!({ "Statement": [
        { "Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*" },
        { "Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::secret/*" },
    ]});
    let policies = policies(&[document]);
    let context = Context::default();
    let by = |resource| {
        decide(
            &policies,
            &Request { action: "s3:GetObject", resource: Target::All(resource), context: &context },
        )
        .by
    };
    assert_eq!(by("arn:aws:s3:::b/k"), ["p Read"]);
    assert_eq!(by("arn:aws:s3:::secret/k"), ["p statement 2"]);
}

fn role(name: &str, trust: &Value, inline: &[Value]) -> Role {
    Role {
        arn: format!("arn:aws:iam::123456789012:role/{name}"),
        role_name: name.to_owned(),
        assume_role_policy_document: json!({ "Version": "2012-10-17", "Statement": trust })
            .to_string(),
        inline_policies: inline
            .iter()
            .map(|it| InlinePolicy {
                name: "i".to_owned(),
                document: json!({ "Statement": it }).to_string(),
            })
            .collect(),
        ..Role::default()
    }
}

#[test]
fn trust_policies_name_callers_in_every_way() {
    let table = [
        (json!({ "Principal": "*" }), Caller::Role(ME), Yes),
        (json!({ "Principal": { "AWS": ["123456789012"] } }), Caller::Account("123456789012"), Yes),
        (
            json!({ "Principal": { "AWS": "arn:aws-cn:iam::123456789012:root" } }),
            Caller::Account("123456789012"),
            Yes,
        ),
        (json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }), Caller::Role(ME), No),
        (json!({ "Principal": { "AWS": ME } }), Caller::Role(ME), Yes),
        (
            json!({ "Principal": { "AWS": "arn:aws:sts::123456789012:assumed-role/me/ci" } }),
            Caller::Role(ME),
            Maybe,
        ),
        (json!({ "Principal": { "AWS": "AROAEXAMPLEDELETED" } }), Caller::Role(ME), No),
        (
            json!({ "Principal": { "Service": "ec2.amazonaws.com.cn" } }),
            Caller::Service("ec2.amazonaws.com"),
            Yes,
        ),
        (
            json!({ "Principal": { "Service": "lambda.amazonaws.com" } }),
            Caller::Service("ec2.amazonaws.com"),
            No,
        ),
        (
            json!({ "NotPrincipal": { "AWS": "arn:aws:iam::123456789012:role/you" } }),
            Caller::Role(ME),
            Yes,
        ),
        (json!({ "NotPrincipal": { "AWS": ME } }), Caller::Role(ME), No),
        (json!({}), Caller::Role(ME), No),
        (
            json!({ "Principal": { "Federated": "cognito-identity.amazonaws.com" } }),
            Caller::WebIdentity("p"),
            No,
        ),
    ];
    for (mut statement, caller, answer) in table {
        statement["Effect"] = json!("Allow");
        statement["Action"] = json!("sts:AssumeRole");
        let text = json!({ "Statement": statement }).to_string();
        let decision = decide_trust(
            &Document::parse("t", &text),
            caller,
            "sts:AssumeRole",
            &Context::default(),
        );
        assert_eq!(decision.answer, answer, "{text}");
    }
}

#[test]
fn pod_identity_tags_limit_who_gets_a_role() {
    let trust = json!({
        "Effect": "Allow", "Principal": { "Service": "pods.eks.amazonaws.com" },
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": { "StringEquals": { "aws:RequestTag/kubernetes-namespace": "shop" } },
    });
    let role = role("app", &trust, &[]);
    let ask = |context: &Context| {
        trusts_service(&role, "pods.eks.amazonaws.com", "sts:AssumeRole", context).answer
    };
    let tag = |value| Context::default().with_value("aws:RequestTag/kubernetes-namespace", value);
    assert_eq!(ask(&Context::default()), Yes);
    assert_eq!(ask(&tag("shop")), Yes);
    assert_eq!(ask(&tag("test")), No);
}

fn provider(partition: &str, region: &str, domain: &str) -> OidcProvider {
    let url = format!("oidc.eks.{region}.{domain}/id/A");
    let arn = format!("arn:{partition}:iam::123456789012:oidc-provider/{url}");
    OidcProvider { arn, url, client_id_list: vec!["sts.amazonaws.com".to_owned()] }
}

fn admitted(condition: &Value, provider: &OidcProvider) -> Vec<String> {
    let mut statement = json!({
        "Effect": "Allow", "Principal": { "Federated": provider.arn },
        "Action": "sts:AssumeRoleWithWebIdentity",
    });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    let admission =
        web_identity(&role("r", &statement, &[]), provider).expect("the policy is JSON");
    admission.0.iter().map(|(subjects, it)| format!("{:?} {subjects}", it.answer)).collect()
}

#[test]
fn subjects_are_read_in_every_form_and_partition() {
    for provider in [
        provider("aws", "eu-west-1", "amazonaws.com"),
        provider("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        provider("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
    ] {
        let sub = format!("{}:sub", provider.url);
        let aud = format!("{}:aud", provider.url);
        let like = |value: &str| json!({ "StringLike": { sub.clone(): value } });
        let table = [
            (json!(null), vec!["Yes any service account"]),
            (
                json!({ "StringEquals": { aud.clone(): "sts.amazonaws.com" } }),
                vec!["Yes any service account"],
            ),
            (json!({ "StringEquals": { aud: "other" } }), vec![]),
            (like("*"), vec!["Yes any service account"]),
            (like("system:serviceaccount:*"), vec!["Yes any service account"]),
            (like("system:*:*:*"), vec!["Yes any service account"]),
            (
                like("system:serviceaccount:shop:*"),
                vec!["Yes any service account in namespace shop"],
            ),
            (
                like("system:serviceaccount:shop-*"),
                vec!["Yes any service account in namespace shop-*"],
            ),
            (like("*:web"), vec!["Yes any namespace's service account web"]),
            (like("*:shop:web"), vec!["Yes service account shop/web"]),
            (like("system:serviceaccount:s?op:web"), vec!["Yes service account s?op/web"]),
            (like("repo:org/*"), vec![]),
            (json!({ "StringEquals": { sub.clone(): "system:serviceaccount:*:*" } }), vec![]),
            (
                json!({ "StringEquals": { sub.clone(): ["system:serviceaccount:a:b", "system:serviceaccount:c:d"] } }),
                vec!["Yes service account a/b", "Yes service account c/d"],
            ),
            (
                json!({ "StringNotEquals": { sub.clone(): "system:serviceaccount:a:b" } }),
                vec!["Yes any service account"],
            ),
            (
                json!({ "ForAllValues:StringEquals": { "oidc.eks.x.amazonaws.com/id/Z:sub": "a" } }),
                vec!["Yes any service account"],
            ),
            (json!({ "StringEquals": { "oidc.eks.x.amazonaws.com/id/Z:sub": "a" } }), vec![]),
            (
                json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } }),
                vec!["Maybe any service account"],
            ),
            (json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } }), vec![]),
        ];
        for (condition, wanted) in table {
            assert_eq!(admitted(&condition, &provider), wanted, "{condition}");
        }
    }
}

#[test]
fn a_provider_without_audiences_admits_nobody() {
    let bare =
        OidcProvider { client_id_list: vec![], ..provider("aws", "eu-west-1", "amazonaws.com") };
    assert!(admitted(&json!(null), &bare).is_empty());
    assert_eq!(admits(&Role::default(), &bare, "a", "b").answer, No);
}

#[test]
fn roles_become_roles_by_name_or_through_their_account() {
    let allow = |principal: &str| json!({ "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole" });
    let assume = json!({ "Effect": "Allow", "Action": "sts:*", "Resource": "arn:aws:iam::123456789012:role/by-*" });
    let mut refusing = vec![allow("arn:aws:iam::123456789012:root")];
    refusing
        .push(json!({ "Effect": "Deny", "Principal": { "AWS": ME }, "Action": "sts:AssumeRole" }));
    let iam = AuthorizationDetails {
        roles: vec![
            role("me", &json!([]), &[assume]),
            role("named", &allow(ME), &[]),
            role("by-account", &allow("123456789012"), &[]),
            role("not-mine", &allow("123456789012"), &[]),
            role("by-refusing", &json!(refusing), &[]),
            role("stranger", &allow("arn:aws:iam::123456789012:role/other"), &[]),
        ],
        ..AuthorizationDetails::default()
    };
    let names = |role: &Role| -> Vec<String> {
        let policies = Policies::of_role(role, &iam, &[]);
        let assumable = Trusts::of(&iam).assumable_by(role, &policies);
        assumable.iter().map(|(it, _)| it.role_name.clone()).collect()
    };
    assert_eq!(names(&iam.roles[0]), ["by-account", "named"]);
    let mut denied = iam.roles[0].clone();
    let document =
        json!({ "Statement": { "Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*" } });
    denied
        .inline_policies
        .push(InlinePolicy { name: "d".to_owned(), document: document.to_string() });
    assert!(names(&denied).is_empty());
}

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

#[test]
fn huge_and_broken_policies_are_an_answer() {
    let actions = vec!["s3:GetObject*?*"; 200_000];
    let huge = json!({ "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*a".repeat(10_000) } });
    assert!(huge.to_string().len() > 3_000_000);
    let request = Request {
        action: "s3:PutObject",
        resource: Target::Any("*b*"),
        context: &Context::default(),
    };
    assert_eq!(decide(&policies(&[huge]), &request).answer, No);
    for broken in [
        "",
        "[]",
        "{}",
        "null",
        "{\"Statement\":1}",
        "{\"Statement\":[{\"Effect\":\"Allow\"}]}",
        "{\"Statement\":{\"Effect\":\"Perhaps\",\"Action\":\"*\"}}",
        &"[".repeat(100_000),
    ] {
        assert!(Document::parse("p", broken).gap.is_some(), "{broken:.40}");
    }
    let deep = format!("*:{}", "*:".repeat(5_000));
    let provider = provider("aws", "eu-west-1", "amazonaws.com");
    admitted(&json!({ "StringLike": { format!("{}:sub", provider.url): deep } }), &provider);
}
