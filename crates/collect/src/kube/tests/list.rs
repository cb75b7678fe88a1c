//! Lists that come in pages, start again, are throttled, refused or broken.

use std::time::Duration;

use eksray_kube::resource::ALL;
use serde_json::json;

use super::{
    PODS, ROLES,
    fake::{Fake, Reply},
    gaps, pods, scan, scan_with, workloads,
};
use crate::{Run, Stop};

#[tokio::test]
async fn pages_are_read_to_the_last() {
    let (kube, fake) = scan_with(|it| match (it.base(), it.token()) {
        (PODS, None) => Some(Reply::page("Pod", &pods(&["a"]), "1/=+ &")),
        (PODS, Some("1%2F%3D%2B%20%26")) => Some(Reply::page("Pod", &pods(&["b"]), "2")),
        (PODS, Some("2")) => Some(Reply::page("Pod", &pods(&["c"]), "")),
        _ => None,
    })
    .await;
    assert_eq!(workloads(&kube), [("a", 1), ("b", 1), ("c", 1)]);
    assert_eq!(gaps(&kube), [""; 0]);
    // Every list with two pages more, `/version`, the namespace and two ConfigMaps.
    assert_eq!(fake.log().len(), ALL.len() + 2 + 4);
}

#[tokio::test]
async fn a_list_that_expires_starts_again_once_and_counts_nothing_twice() {
    let (kube, _) = scan_with(|it| match (it.base(), it.token(), it.times) {
        (PODS, None, 0) => Some(Reply::page("Pod", &pods(&["a", "gone"]), "1")),
        (PODS, Some("1"), 0) => Some(Reply::status(410)),
        (PODS, None, _) => Some(Reply::page("Pod", &pods(&["a"]), "1")),
        (PODS, Some("1"), _) => Some(Reply::page("Pod", &pods(&["b"]), "")),
        _ => None,
    })
    .await;
    assert_eq!(workloads(&kube), [("a", 1), ("b", 1)]);
    assert_eq!(gaps(&kube), [""; 0]);
}

#[tokio::test]
async fn a_list_that_expires_again_is_a_gap() {
    let role = [json!({ "metadata": { "name": "admin" } })];
    let (kube, fake) = scan_with(move |it| match (it.base(), it.token()) {
        (ROLES, None) => Some(Reply::page("ClusterRole", &role, "1")),
        (ROLES, Some(_)) => Some(Reply::status(410)),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list clusterroles.rbac.authorization.k8s.io: timeout"]);
    assert_eq!(fake.count(ROLES), 4);
}

#[tokio::test]
async fn a_throttled_list_waits_and_is_counted() {
    let run = Run::default();
    let fake = Fake::start(|it| match (it.base(), it.times) {
        (PODS, 0..=2) => Some(Reply::status(429).with("retry-after", "0")),
        _ => None,
    });
    let kube = scan(&fake, &run).await.unwrap();
    assert_eq!(gaps(&kube), [""; 0]);
    let counts = run.calls.counts()["list pods"];
    assert_eq!((counts.requests, counts.throttled), (4, 3));
}

#[tokio::test]
async fn a_list_throttled_to_the_deadline_is_a_gap() {
    let run = Run { stop: Stop::after(Duration::from_millis(700)), ..Run::default() };
    let fake = Fake::start(|it| match it.base() {
        PODS => Some(Reply::status(429).with("retry-after", "3600")),
        _ => None,
    });
    let kube = scan(&fake, &run).await.unwrap();
    assert_eq!(gaps(&kube), ["list pods: throttled"]);
}

#[tokio::test]
async fn server_errors_are_tried_again() {
    let (kube, _) = scan_with(|it| match (it.base(), it.times) {
        (PODS, 0) => Some(Reply::status(503)),
        (PODS, 1) => Some(Reply::status(500)),
        (ROLES, _) => Some(Reply::status(502)),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list clusterroles.rbac.authorization.k8s.io: unreachable"]);
}

#[tokio::test]
async fn each_refused_list_is_its_own_gap() {
    for resource in ALL {
        let path = resource.path();
        let (kube, _) = scan_with(move |it| (it.base() == path).then(|| Reply::status(403))).await;
        let own = format!("{}: denied", resource.permission());
        assert_eq!(gaps(&kube), [own], "{}", resource.plural);
    }
}

#[tokio::test]
async fn answers_that_no_server_should_send_are_gaps_without_their_text() {
    let whole = Reply::page("ClusterRole", &[json!({ "metadata": { "name": "hunter2" } })], "");
    let cut = whole.clone().announcing(10_000);
    let half = Reply::ok(whole.body[..whole.body.len() - 5].to_vec());
    for reply in [
        cut,
        half,
        Reply::ok("<html>hunter2</html>"),
        Reply::ok(r#"{"error":"hunter2"}"#),
        Reply::ok(r#"{"kind":"Status","message":"hunter2"}"#),
        Reply::ok(r#"{"kind":"RoleList","items":[]}"#),
        Reply::ok(r#"{"kind":"ClusterRoleList"}"#),
        Reply::ok(r#"{"kind":"ClusterRoleList","metadata":{},"items":[{"rules":"hunter2"}]}"#),
        Reply::ok(r#"{"kind":"ClusterRoleList","metadata":{},"items":"hunter2"}"#),
        Reply::ok(""),
        Reply::status(302),
        Reply::status(406),
    ] {
        let text = format!("{} {:?}", reply.status, String::from_utf8_lossy(&reply.body));
        let (kube, _) = scan_with(move |it| (it.base() == ROLES).then(|| reply.clone())).await;
        let expected = "list clusterroles.rbac.authorization.k8s.io: malformed";
        assert_eq!(gaps(&kube), [expected], "{text}");
        let gap = kube.cluster_roles.gap().unwrap();
        assert!(!gap.detail.contains("hunter2"), "{gap}");
    }
}

#[tokio::test]
async fn a_part_of_a_list_is_no_list() {
    let role = [json!({ "metadata": { "name": "admin" } })];
    let (kube, _) = scan_with(move |it| match (it.base(), it.token()) {
        (ROLES, None) => Some(Reply::page("ClusterRole", &role, "1")),
        (ROLES, Some(_)) => Some(Reply::status(403)),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list clusterroles.rbac.authorization.k8s.io: denied"]);
}

#[tokio::test]
async fn an_endless_continue_token_is_a_gap() {
    let (kube, fake) = scan_with(|it| match (it.base(), it.token()) {
        (PODS, Some("1")) => Some(Reply::page("Pod", &pods(&["b"]), "2")),
        (PODS, _) => Some(Reply::page("Pod", &pods(&["a"]), "1")),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list pods: malformed"]);
    assert_eq!(fake.count(PODS), 3);
}

#[tokio::test]
async fn a_group_that_the_server_lacks_is_empty() {
    let policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    for served in [json!([]), json!([{ "name": "mutatingwebhookconfigurations", "kind": "M" }])] {
        let (kube, _) = scan_with(move |it| match it.base() {
            it if it == policies => Some(Reply::status(404)),
            "/apis" => Some(Reply::groups(&[("admissionregistration.k8s.io", "v1")])),
            "/apis/admissionregistration.k8s.io/v1" => Some(Reply::resources(&served)),
            _ => None,
        })
        .await;
        assert_eq!(gaps(&kube), [""; 0]);
        assert!(kube.validating_policies.known().unwrap().is_empty());
    }
    let (kube, _) = scan_with(move |it| match it.base() {
        it if it == policies => Some(Reply::status(404)),
        "/apis" => Some(Reply::groups(&[("apps", "v1")])),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), [""; 0]);
}

#[tokio::test]
async fn a_404_that_the_server_does_not_explain_is_a_gap() {
    let served = json!([{ "name": "validatingadmissionpolicies", "kind": "V" }]);
    let policies = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
    let (kube, _) = scan_with(move |it| match it.base() {
        PODS => Some(Reply::status(404)),
        it if it == policies => Some(Reply::status(404)),
        "/apis" => Some(Reply::groups(&[("admissionregistration.k8s.io", "v1")])),
        "/apis/admissionregistration.k8s.io/v1" => Some(Reply::resources(&served)),
        _ => None,
    })
    .await;
    let policies = "list validatingadmissionpolicies.admissionregistration.k8s.io: malformed";
    assert_eq!(gaps(&kube), ["list pods: malformed", policies]);
}

#[tokio::test]
async fn what_is_left_at_the_deadline_timed_out_and_the_rest_is_known() {
    let run = Run { stop: Stop::after(Duration::from_millis(700)), ..Run::default() };
    let fake = Fake::start(|it| match (it.base(), it.token()) {
        (PODS, None) => Some(Reply::page("Pod", &pods(&["a"]), "1")),
        (PODS, Some(_)) => Some(Reply::hang()),
        _ => None,
    });
    let kube = scan(&fake, &run).await.unwrap();
    assert_eq!(gaps(&kube), ["list pods: timeout"]);
    assert_eq!(workloads(&kube), [("a", 1)]);
}
