//! How long it takes to judge many roles: `cargo run --release -p eksray-aws --example roles`.
//!
//! Prints nanoseconds per role for accounts of growing size. They stay about the same where the work is linear.
#![expect(clippy::print_stdout, reason = "it prints its measurements")]

use std::time::Instant;

use eksray_aws::{AccountContext, inspect, inventory::Account};
use eksray_rule::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A";

fn main() {
    for size in [1_250, 2_500, 5_000, 10_000] {
        let account: Account = serde_json::from_value(account(size)).expect("an account");
        let settings = Settings::default();
        let now = Timestamp::UNIX_EPOCH;
        let context =
            AccountContext { account: &account, settings: &settings, now, narrowed: false };
        let start = Instant::now();
        let outcomes = inspect(&context).len();
        let each = start.elapsed().as_nanos() / size as u128;
        println!("{size:>6} roles {each:>9} ns per role {outcomes:>7} outcomes");
    }
}

/// Roles of service accounts, each with a few statements, one that it may assume and one that it may pass.
fn account(size: usize) -> Value {
    let provider = format!("arn:aws:iam::123456789012:oidc-provider/{ISSUER}");
    let roles: Vec<Value> = (0..size).map(|it| role(it, size, &provider)).collect();
    let read = json!({ "Statement": { "Effect": "Allow", "Action": ["s3:Get*", "s3:List*", "kms:Decrypt"], "Resource": "arn:aws:s3:::shared/*" } });
    json!({
        "id": "123456789012", "partition": "aws",
        "regions": { "eu-west-1": { "clusters": [{
            "name": "prod", "described": { "oidcIssuer": format!("https://{ISSUER}") },
            "nodegroups": [], "addons": [], "capabilities": [], "fargateProfiles": [],
            "accessEntries": [], "podIdentityAssociations": [],
        }], "instances": [], "autoScalingGroups": [] } },
        "oidcProviders": [{ "arn": provider, "url": ISSUER, "clientIdList": ["sts.amazonaws.com"] }],
        "iam": { "roles": roles, "policies": [{ "arn": "arn:aws:iam::123456789012:policy/read", "document": read.to_string() }] },
    })
}

fn role(number: usize, size: usize, provider: &str) -> Value {
    let arn = |it: usize| format!("arn:aws:iam::123456789012:role/app-{it}");
    let trust = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "Federated": provider }, "Action": "sts:AssumeRoleWithWebIdentity",
          "Condition": { "StringEquals": { format!("{ISSUER}:sub"): format!("system:serviceaccount:n{number}:app") } } },
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" },
        { "Effect": "Allow", "Principal": { "Service": "ecs-tasks.amazonaws.com" }, "Action": "sts:AssumeRole" },
    ] });
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": format!("arn:aws:s3:::bucket-{number}/*") },
        { "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn((number + 1) % size) },
        { "Effect": "Allow", "Action": ["ecs:RegisterTaskDefinition", "ecs:RunTask"], "Resource": "*" },
        { "Effect": "Allow", "Action": "iam:PassRole", "Resource": arn((number + 2) % size) },
        { "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*" },
    ] });
    json!({
        "arn": arn(number), "roleName": format!("app-{number}"),
        "assumeRolePolicyDocument": trust.to_string(),
        "inlinePolicies": [{ "name": "own", "document": policy.to_string() }],
        "attachedPolicies": ["arn:aws:iam::123456789012:policy/read"],
    })
}
