//! Whom trust policies let in.

use eksray_aws::{
    iam::{
        Answer::{Maybe, No, Yes},
        Caller, Context, Document, Policies, Trusts, admits, decide_trust, trusts_service,
        web_identity,
    },
    inventory::iam::{AuthorizationDetails, InlinePolicy, OidcProvider, Role},
};
use serde_json::{Value, json};

use crate::{ME, role};

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
fn a_pattern_of_many_wildcards_is_an_answer() {
    let deep = format!("*:{}", "*:".repeat(5_000));
    let provider = provider("aws", "eu-west-1", "amazonaws.com");
    admitted(&json!({ "StringLike": { format!("{}:sub", provider.url): deep } }), &provider);
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
