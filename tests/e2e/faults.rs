//! A fault of any kind hides findings behind *unknown*; it makes nothing look fine.

use std::collections::{BTreeMap, BTreeSet};

use eksray_kube::resource::Resource;
use serde_json::{Value, json};
use tests::{aws_actions, binary::Ran, rules};

use crate::{Test, local_eks::LocalEks};

/// Faults of AWS.
pub(crate) const AWS: &[Test] = &[
    ("without_a_permission", without_a_permission),
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
    ("without_a_resource", without_a_resource),
    ("an_api_server_that_throttles", an_api_server_that_throttles),
    ("a_list_that_expires_between_pages", a_list_that_expires_between_pages),
    ("an_api_server_that_never_answers", an_api_server_that_never_answers),
];

/// What the seed has nothing of (launch configurations, own images, event data stores, prefix lists, capabilities), what has a stand-in
/// (the calendar of versions), what naming Regions makes superfluous, and what no rule asks yet (encryption by default).
const NO_ACTION_MISSED: [&str; 11] = [
    "autoscaling:DescribeLaunchConfigurations",
    "cloudtrail:GetEventDataStore",
    "ec2:DescribeManagedPrefixLists",
    "ec2:DescribeRegions",
    "ec2:DescribeVpcBlockPublicAccessExclusions",
    "ec2:GetEbsEncryptionByDefault",
    "ec2:GetImageBlockPublicAccessState",
    "ec2:GetManagedPrefixListEntries",
    "elasticloadbalancing:DescribeLoadBalancerPolicies",
    "iam:ListServerCertificates",
    "wafv2:GetWebACL",
];

/// Each permission is taken away, one of each service at a time. Regions are named, because listing them is one of the calls.
fn without_a_permission(it: &LocalEks) {
    let regions = ["--region", "eu-west-1", "--region", "us-east-1"];
    let mut rounds: Vec<Vec<String>> = Vec::new();
    let mut by_service: BTreeMap<String, usize> = BTreeMap::new();
    // Who one is needs no permission.
    for action in aws_actions().into_iter().filter(|it| !it.starts_with("sts:")) {
        let service = action.split(':').next().unwrap_or_default().to_owned();
        let round = by_service.entry(service).or_default();
        rounds.resize(rounds.len().max(*round + 1), Vec::new());
        rounds[*round].push(action);
        *round += 1;
    }
    let under = |actions: &[String]| it.under("deny", &json!({ "actions": actions }), &regions);
    let mut silent = Vec::new();
    for actions in rounds {
        let scan = under(&actions);
        silent.extend(actions.into_iter().filter(|it| !scan.ran.stdout.contains(it.as_str())));
    }
    // Another denial of the round may have stood in front.
    silent.retain(|it: &String| !under(std::slice::from_ref(it)).ran.stdout.contains(it.as_str()));
    silent.sort();
    assert_eq!(silent, NO_ACTION_MISSED);
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

/// Resources that nothing about the seed rests on.
const NO_RESOURCE_MISSED: [&str; 3] = [
    "list apiservices.apiregistration.k8s.io",
    "list priorityclasses.scheduling.k8s.io",
    "list runtimeclasses.node.k8s.io",
];

/// Each resource is taken away, three that do not depend on each other at a time.
fn without_a_resource(it: &LocalEks) {
    let all = eksray_kube::resource::ALL;
    let rounds = all.len().div_ceil(3);
    let silent_under = |forbidden: &[&'static Resource]| -> Vec<&'static Resource> {
        let body = |it: &&Resource| json!({ "group": it.group, "resource": it.plural });
        let bodies: Vec<Value> = forbidden.iter().map(body).collect();
        let faults: Vec<_> = bodies.iter().map(|it| ("kubernetes/shop/forbid", it)).collect();
        let scan = it.under_all(&faults, &[]);
        let named = |it: &Resource| scan.ran.stdout.contains(&format!("\"{}\"", it.permission()));
        forbidden.iter().copied().filter(|it| !named(it)).collect()
    };
    let mut silent = Vec::new();
    for round in 0..rounds {
        let forbidden: Vec<&Resource> = all.iter().skip(round).step_by(rounds).collect();
        silent.extend(silent_under(&forbidden));
    }
    // Another one of the round may have stood in front.
    silent.retain(|it| !silent_under(&[*it]).is_empty());
    let silent: BTreeSet<String> = silent.into_iter().map(Resource::permission).collect();
    assert_eq!(silent.iter().collect::<Vec<_>>(), NO_RESOURCE_MISSED);
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
