//! Which roles a cluster reaches, and what is unknown when something was not read.

use std::collections::BTreeMap;

use eksray_aws::{
    AccountContext,
    iam::reach::{Place, Via, reach},
    inventory::Account,
};
use eksray_rule::Settings;
use jiff::Timestamp;
use serde_json::{Value, json};

fn arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/{name}")
}

fn role(name: &str, trusted: &Value) -> Value {
    let statement = json!({ "Effect": "Allow", "Principal": trusted,
        "Action": ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"] });
    let trust = json!({ "Statement": statement }).to_string();
    json!({ "arn": arn(name), "roleName": name, "assumeRolePolicyDocument": trust })
}

const ISSUER: &str = "oidc.eks.eu-west-1.amazonaws.com/id/A";

/// A cluster with every kind of role.
fn estate() -> Value {
    let provider = format!("arn:aws:iam::123456789012:oidc-provider/{ISSUER}");
    let by = |name: &str| json!({ "AWS": arn(name) });
    json!({
        "id": "123456789012", "partition": "aws",
        "regions": { "eu-west-1": {
            "clusters": [{
                "name": "prod",
                "described": { "oidcIssuer": format!("https://{ISSUER}"), "autoModeNodeRoleArn": arn("auto") },
                "nodegroups": [{ "name": "n", "described": { "nodeRole": arn("node") } }],
                "addons": [{ "name": "cni", "described": { "serviceAccountRoleArn": arn("addon") } }],
                "capabilities": [{ "name": "ack", "described": { "type": "ACK", "roleArn": arn("capability") } }],
                "fargateProfiles": [{ "name": "f", "described": { "podExecutionRoleArn": arn("fargate") } }],
                "podIdentityAssociations": [{
                    "associationId": "a-1", "namespace": "shop", "serviceAccount": "web",
                    "described": { "roleArn": arn("pods"), "targetRoleArn": "arn:aws:iam::999999999999:role/far" },
                }],
            }],
            "instances": [{
                "instanceId": "i-1", "iamInstanceProfile": "arn:aws:iam::123456789012:instance-profile/own",
                "tags": { "kubernetes.io/cluster/prod": "owned" },
            }],
            "autoScalingGroups": [],
        }},
        "oidcProviders": [{ "arn": provider, "url": ISSUER, "clientIdList": ["sts.amazonaws.com"] }],
        "iam": { "roles": [
            role("auto", &json!({})), role("node", &json!({})), role("addon", &json!({})),
            role("capability", &json!({})), role("fargate", &json!({})), role("pods", &json!({})),
            role("web", &json!({ "Federated": provider })),
            role("step1", &by("web")), role("step2", &by("step1")), role("step3", &by("step2")),
            role("step4", &by("step3")), role("elsewhere", &by("human")),
            { "arn": arn("own"), "roleName": "own", "assumeRolePolicyDocument": "{\"Statement\":[]}",
              "instanceProfiles": ["arn:aws:iam::123456789012:instance-profile/own"] },
        ]},
    })
}

fn reached(account: &Value) -> (BTreeMap<String, Vec<Via>>, Vec<Place>) {
    let account: Account = serde_json::from_value(account.clone()).expect("an account");
    let settings = Settings::default();
    let now = Timestamp::UNIX_EPOCH;
    let context = AccountContext { account: &account, settings: &settings, now, narrowed: false };
    let reach = reach(&context);
    let roles = reach
        .roles
        .values()
        .map(|it| (it.role.role_name.clone(), it.routes.iter().map(|it| it.via.clone()).collect()));
    (roles.collect(), reach.gaps.into_keys().collect())
}

#[test]
fn every_source_of_roles_counts_and_three_steps_beyond() {
    let (roles, gaps) = reached(&estate());
    let names: Vec<&str> = roles.keys().map(String::as_str).collect();
    let wanted = [
        "addon",
        "auto",
        "capability",
        "fargate",
        "node",
        "own",
        "pods",
        "step1",
        "step2",
        "step3",
        "web",
    ];
    assert_eq!(names, wanted);
    assert_eq!(roles["web"], [Via::WebIdentity]);
    assert_eq!(roles["step1"], [Via::Role(arn("web"))]);
    assert_eq!(roles["pods"], [Via::PodIdentity("shop".to_owned(), "web".to_owned())]);
    // A role of another account cannot be judged here.
    assert_eq!(gaps, [Place::Role("arn:aws:iam::999999999999:role/far".to_owned())]);
}

#[test]
fn whatever_is_not_read_leaves_a_gap() {
    let before = reached(&estate()).1.len();
    let cluster = "/regions/eu-west-1/clusters/0";
    let paths = [
        "/regions/eu-west-1/clusters".to_owned(),
        "/regions/eu-west-1/instances".to_owned(),
        "/regions/eu-west-1/autoScalingGroups".to_owned(),
        "/oidcProviders".to_owned(),
        "/oidcProviders/0".to_owned(),
        "/iam".to_owned(),
        format!("{cluster}/described"),
        format!("{cluster}/nodegroups"),
        format!("{cluster}/nodegroups/0/described"),
        format!("{cluster}/addons"),
        format!("{cluster}/addons/0/described"),
        format!("{cluster}/capabilities"),
        format!("{cluster}/capabilities/0/described"),
        format!("{cluster}/fargateProfiles"),
        format!("{cluster}/fargateProfiles/0/described"),
        format!("{cluster}/podIdentityAssociations"),
        format!("{cluster}/podIdentityAssociations/0/described"),
    ];
    for path in paths {
        let mut account = estate();
        let part = account.pointer_mut(&path).unwrap();
        *part = json!({ "unread": { "call": "x:Y", "reason": "denied" } });
        let (_, gaps) = reached(&account);
        let hides_the_far_role = !gaps.iter().any(|it| matches!(it, Place::Role(_)));
        assert!(gaps.len() + usize::from(hides_the_far_role) > before, "{path}: {gaps:?}");
    }
}

#[test]
fn an_account_without_clusters_reaches_nothing() {
    let mut account = estate();
    account["regions"]["eu-west-1"]["clusters"] = json!([]);
    assert_eq!(reached(&account), (BTreeMap::new(), Vec::new()));
}
