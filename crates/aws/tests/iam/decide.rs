//! Decisions over whole policies, broken ones included.

use eksray_aws::iam::{
    Answer::{No, Yes},
    Context, Document, Request, Target, decide,
};
use serde_json::json;

use crate::{ask, policies};

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
}
