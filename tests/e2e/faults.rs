//! A fault of any kind hides findings behind *unknown*; it makes nothing look fine.

use serde_json::json;
use tests::{aws_actions, binary::Ran, rules};

use crate::{Test, local_eks::LocalEks};

/// Faults of AWS.
pub(crate) const AWS: &[Test] = &[
    ("one_permission_less", one_permission_less),
    ("regions_that_cannot_be_listed", regions_that_cannot_be_listed),
    ("clusters_that_cannot_be_listed", clusters_that_cannot_be_listed),
    ("throttled_calls_are_tried_again", throttled_calls_are_tried_again),
    ("cut_answers_are_no_answers", cut_answers_are_no_answers),
    ("a_token_that_loops_ends", a_token_that_loops_ends),
    ("pages_of_one_give_the_same_report", pages_of_one_give_the_same_report),
    ("faults_of_the_service", faults_of_the_service),
    ("expired_credentials", expired_credentials),
];

/// Faults of API servers.
pub(crate) const KUBERNETES: &[Test] = &[
    ("one_resource_less", one_resource_less),
    ("an_api_server_that_throttles", an_api_server_that_throttles),
    ("a_list_that_expires_between_pages", a_list_that_expires_between_pages),
    ("an_api_server_that_never_answers", an_api_server_that_never_answers),
];

/// Each permission that is printed is taken away in turn. Regions are named, because listing them is one of the calls.
fn one_permission_less(it: &LocalEks) {
    let regions = ["--region", "eu-west-1", "--region", "us-east-1"];
    let mut silent = Vec::new();
    for action in aws_actions() {
        let scan = it.under("deny", &json!({ "actions": [action] }), &regions);
        if !scan.ran.stdout.contains(&action) {
            silent.push(action);
        }
    }
    assert!(silent.is_empty(), "nobody missed {silent:?}");
}

fn throttled_calls_are_tried_again(it: &LocalEks) {
    let scan = it.under("throttle", &json!({ "action": "ec2:*", "rate": 5, "burst": 3 }), &[]);
    assert_eq!(scan.report, it.baseline().report, "a little throttling costs time only");
}

fn cut_answers_are_no_answers(it: &LocalEks) {
    let scan = it.under("cut", &json!({ "action": "logs:*" }), &["--timeout", "60"]);
    assert!(scan.unknowns().iter().any(|it| it.starts_with("logs:")), "{:?}", scan.unknowns());
}

fn a_token_that_loops_ends(it: &LocalEks) {
    let scan =
        it.under("loop_token", &json!({ "action": "ec2:DescribeSubnets" }), &["--timeout", "60"]);
    let unknowns = scan.unknowns();
    assert!(unknowns.contains(&"ec2:DescribeSubnets: malformed".to_owned()), "{unknowns:?}");
}

fn pages_of_one_give_the_same_report(it: &LocalEks) {
    let scan = it.under("repage", &json!({ "action": "*", "size": 1 }), &[]);
    assert_eq!(scan.report, it.baseline().report);
}

fn faults_of_the_service(it: &LocalEks) {
    let once = json!({ "action": "eks:*", "status": 503, "times": 2 });
    assert_eq!(it.under("fail", &once, &[]).report, it.baseline().report);
    let always = json!({ "action": "iam:*", "status": 500 });
    let scan = it.under("fail", &always, &["--timeout", "60"]);
    assert!(scan.unknowns().iter().any(|it| it.starts_with("iam:")), "{:?}", scan.unknowns());
}

fn regions_that_cannot_be_listed(it: &LocalEks) {
    it.control("deny", &json!({ "actions": ["ec2:DescribeRegions"] }));
    let ran: Ran = it.command(&[]).output().unwrap().into();
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:#?}");
    assert!(
        ran.stderr.contains("ec2:DescribeRegions") && ran.stderr.contains("--region"),
        "{ran:#?}"
    );
}

/// Clusters that nobody may list are unknown to every rule.
fn clusters_that_cannot_be_listed(it: &LocalEks) {
    let scan = it.under("deny", &json!({ "actions": ["eks:ListClusters"] }), &[]);
    assert_eq!(scan.ran.code, 3, "two Regions gave nothing");
    let findings = scan.report["findings"].as_array().unwrap();
    let silent: Vec<&str> = rules()
        .iter()
        .map(|(_, _, meta)| meta.id)
        .filter(|id| findings.iter().all(|it| it["rule"] != *id))
        .collect();
    assert!(silent.is_empty(), "{silent:?} say nothing");
}

/// Who has no valid credentials cannot start.
fn expired_credentials(it: &LocalEks) {
    it.control("expire", &json!({}));
    let ran: Ran = it.command(&[]).output().unwrap().into();
    assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:#?}");
    assert!(ran.stderr.to_lowercase().contains("expired"), "{ran:#?}");
}

fn one_resource_less(it: &LocalEks) {
    let mut silent = Vec::new();
    for resource in eksray_kube::resource::ALL {
        let body = json!({ "group": resource.group, "resource": resource.plural });
        let scan = it.under("kubernetes/shop/forbid", &body, &[]);
        if !scan.ran.stdout.contains(&format!("\"{}\"", resource.permission())) {
            silent.push(resource.permission());
        }
    }
    assert!(silent.is_empty(), "nobody missed {silent:?}");
}

fn an_api_server_that_throttles(it: &LocalEks) {
    let twice = json!({ "path": "pods", "times": 2 });
    assert_eq!(it.under("kubernetes/shop/throttle", &twice, &[]).report, it.baseline().report);
    it.under("kubernetes/shop/throttle", &json!({ "path": "pods" }), &["--timeout", "60"]);
}

fn a_list_that_expires_between_pages(it: &LocalEks) {
    it.under("kubernetes/shop/expire", &json!({ "times": 1 }), &[]);
}

fn an_api_server_that_never_answers(it: &LocalEks) {
    let scan = it.under("kubernetes/shop/black_hole", &json!({}), &["--timeout", "10"]);
    assert_eq!(scan.ran.code, 3, "a cluster gave nothing");
    let clusters = scan.report["scope"]["clusters"].as_array().unwrap();
    let read: Vec<_> =
        clusters.iter().map(|it| (it["name"].as_str(), &it["api_server_read"])).collect();
    let expected =
        [(Some("shop"), json!(false)), (Some("staging"), json!(true)), (Some("core"), json!(true))];
    for (name, answered) in expected {
        assert!(read.contains(&(name, &answered)), "{read:?}");
    }
}
