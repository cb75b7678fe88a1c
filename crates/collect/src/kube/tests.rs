//! A cluster as a server shows it, and what is made of it.

mod fake;

use std::time::Duration;

use eksray_kube::{
    inventory::{Kube, meta::ObjectMeta},
    resource::ALL,
};
use eksray_rule::{ClusterId, Gap, Reason};
use serde_json::{Value, json};

use super::{CONNECT, endpoint, read, request::Server};
use crate::{Run, Stop};
use fake::{Fake, Reply, Request};

const PODS: &str = "/api/v1/pods";
const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async fn scan(fake: &Fake, run: &Run) -> Result<Kube, Gap> {
    let client = endpoint(&fake.access()).await.unwrap();
    let mut server = Server::new(client, run.clone());
    server.pace.backoff = Duration::from_millis(1);
    server.pace.answer = Duration::from_millis(500);
    read(&server, &ClusterId("c".to_owned())).await
}

/// Scans a server that is empty but for what `special` answers.
async fn scan_with(
    special: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> (Kube, Fake) {
    let fake = Fake::start(special);
    let kube = scan(&fake, &Run::default()).await.unwrap();
    (kube, fake)
}

fn pods(names: &[&str]) -> Vec<Value> {
    let pod = |name: &&str| {
        json!({
            "metadata": { "name": name, "namespace": "shop" },
            "spec": { "containers": [{ "name": "web", "image": "web:1" }] },
            "status": { "phase": "Running" },
        })
    };
    names.iter().map(pod).collect()
}

fn names<T>(list: &[T], meta: impl Fn(&T) -> &ObjectMeta) -> Vec<&str> {
    list.iter().map(|it| meta(it).name.as_str()).collect()
}

fn workloads(kube: &Kube) -> Vec<(&str, u32)> {
    kube.workloads.iter().map(|it| (it.name.as_str(), it.pods.count)).collect()
}

/// Every gap of an inventory, as `call: reason`.
fn gaps(kube: &Kube) -> Vec<String> {
    fn find(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => match (fields.get("call"), fields.get("reason")) {
                (Some(Value::String(call)), Some(Value::String(reason))) => {
                    found.push(format!("{call}: {reason}"));
                }
                _ => fields.values().for_each(|it| find(it, found)),
            },
            Value::Array(items) => items.iter().for_each(|it| find(it, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    find(&serde_json::to_value(kube).unwrap(), &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn an_empty_cluster_is_known_to_be_empty() {
    let (kube, fake) = scan_with(|_| None).await;
    assert_eq!(gaps(&kube), [""; 0]);
    assert_eq!(kube.uid, "uid-of-kube-system");
    assert_eq!(kube.version.known().unwrap().minor(), Some(33));
    assert_eq!(kube.aws_auth.known().unwrap(), &None);
    assert!(kube.workloads.is_empty());
    // Every list, `/version`, the namespace and the ConfigMap, each once.
    assert_eq!(fake.log().len(), ALL.len() + 3);
    for request in fake.log() {
        assert_eq!(request.method, "GET");
        assert!(!request.path.contains("secrets") && !request.path.contains("resourceVersion"));
        assert_eq!(
            request.header("user-agent"),
            Some(concat!("eksray/", env!("CARGO_PKG_VERSION")))
        );
        assert_eq!(request.header("accept-encoding"), Some("gzip"));
        assert!(request.header("authorization").unwrap().starts_with("Bearer k8s-aws-v1."));
    }
    let lists: Vec<_> = fake.log().into_iter().filter(|it| it.path.contains("limit=500")).collect();
    assert_eq!(lists.len(), ALL.len());
    assert!(fake.most_lists_at_once() <= 3);
}

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
    assert_eq!(fake.log().len(), ALL.len() + 3 + 2);
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
async fn a_refused_login_is_renewed_once() {
    let (kube, fake) = scan_with(|it| it.is_first_login().then(|| Reply::status(401))).await;
    assert_eq!(gaps(&kube), [""; 0]);
    assert_eq!(fake.logins(), 2);
}

#[tokio::test]
async fn a_login_that_nobody_knows_is_one_gap_of_the_whole_cluster() {
    let fake = Fake::start(|_| Some(Reply::status(401)));
    let gap = scan(&fake, &Run::default()).await.unwrap_err();
    assert_eq!((gap.call.as_str(), gap.reason), (CONNECT, Reason::Denied));
    assert_eq!(gap.detail, "401 Unauthorized");
    assert!(fake.logins() <= 2);
}

#[tokio::test]
async fn a_login_that_ends_halfway_leaves_what_was_read() {
    let (kube, _) = scan_with(|it| (it.base() == ROLES).then(|| Reply::status(401))).await;
    assert_eq!(gaps(&kube), ["list clusterroles.rbac.authorization.k8s.io: denied"]);
}

#[tokio::test]
async fn nobody_at_the_address_is_one_gap_of_the_whole_cluster() {
    let mut access = Fake::start(|_| None).access();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    access.endpoint = Some(format!("http://{free}"));
    let client = endpoint(&access).await.unwrap();
    let kube = super::cluster(client, &access.id, &Run::default()).await;
    let gap = kube.gap().unwrap();
    assert_eq!((gap.call.as_str(), gap.reason), (CONNECT, Reason::Unreachable));
}

#[tokio::test]
async fn a_server_that_never_answers_is_one_gap_of_the_whole_cluster() {
    let fake = Fake::start(|_| Some(Reply::hang()));
    let gap = scan(&fake, &Run::default()).await.unwrap_err();
    assert_eq!((gap.call.as_str(), gap.reason), (CONNECT, Reason::Timeout));
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

fn definition(group: &str, plural: &str, kind: &str, version: &str) -> Value {
    json!({
        "metadata": { "name": format!("{plural}.{group}") },
        "spec": {
            "group": group,
            "names": { "plural": plural, "kind": kind },
            "versions": [
                { "name": "v1alpha1", "served": false },
                { "name": version, "served": true },
            ],
        },
    })
}

#[tokio::test]
async fn kinds_of_add_ons_are_listed_where_they_are_defined() {
    let definitions = [
        definition("karpenter.sh", "nodepools", "NodePool", "v1"),
        definition("external-secrets.io", "secretstores", "SecretStore", "v1beta1"),
        definition("external-secrets.io", "externalsecrets", "ExternalSecret", "v1beta1"),
        definition("example.com", "secrets", "Secret", "v1"),
    ];
    let (kube, fake) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::page("CustomResourceDefinition", &definitions, "")),
        "/apis/karpenter.sh/v1/nodepools" => {
            let pool = json!({ "metadata": { "name": "general" }, "spec": { "weight": 1 } });
            Some(Reply::page("NodePool", &[pool], ""))
        }
        "/apis/external-secrets.io/v1beta1/secretstores" => {
            let store = json!({ "metadata": { "name": "store" } });
            Some(Reply::page("PartialObjectMetadata", &[store], ""))
        }
        "/apis/external-secrets.io/v1beta1/externalsecrets" => {
            Some(Reply::page("ExternalSecret", &[], ""))
        }
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), [""; 0]);
    let pools = kube.karpenter.known().unwrap();
    assert_eq!(names(pools, |it| &it.metadata), ["general"]);
    assert_eq!(
        (pools[0].api_version.as_str(), pools[0].kind.as_str()),
        ("karpenter.sh/v1", "NodePool")
    );
    assert_eq!(names(kube.external_secrets.known().unwrap(), |it| &it.metadata), ["store"]);
    assert!(kube.policy_objects.known().unwrap().is_empty());
    for request in fake.log() {
        let whole = request.header("accept") == Some("application/json");
        let reduced = request.base().ends_with("/secretstores");
        assert_eq!(whole, !reduced, "{}", request.path);
        assert!(!request.path.contains("example.com"));
    }
}

#[tokio::test]
async fn one_unread_kind_of_an_add_on_makes_its_list_a_gap() {
    let definitions = [
        definition("karpenter.sh", "nodepools", "NodePool", "v1"),
        definition("karpenter.k8s.aws", "ec2nodeclasses", "EC2NodeClass", "v1"),
    ];
    let (kube, _) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::page("CustomResourceDefinition", &definitions, "")),
        "/apis/karpenter.sh/v1/nodepools" => Some(Reply::page("NodePool", &[], "")),
        "/apis/karpenter.k8s.aws/v1/ec2nodeclasses" => Some(Reply::status(403)),
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list ec2nodeclasses.karpenter.k8s.aws: denied"]);
}

#[tokio::test]
async fn discovery_tells_of_kinds_whose_definitions_are_denied() {
    let kinds = json!([
        { "name": "clusterpolicies", "kind": "ClusterPolicy" },
        { "name": "clusterpolicies/status", "kind": "ClusterPolicy" },
        { "name": "updaterequests", "kind": "UpdateRequest" },
    ]);
    let (kube, fake) = scan_with(move |it| match it.base() {
        DEFINITIONS => Some(Reply::status(403)),
        "/apis" => {
            Some(Reply::groups(&[("kyverno.io", "v1"), ("kyverno.io", "v2"), ("apps", "v1")]))
        }
        "/apis/kyverno.io/v1" => Some(Reply::resources(&kinds)),
        "/apis/kyverno.io/v2" => Some(Reply::resources(&json!([]))),
        "/apis/kyverno.io/v1/clusterpolicies" => {
            let policy = json!({ "metadata": { "name": "no-root" } });
            Some(Reply::page("ClusterPolicy", &[policy], ""))
        }
        _ => None,
    })
    .await;
    assert_eq!(gaps(&kube), ["list customresourcedefinitions.apiextensions.k8s.io: denied"]);
    assert_eq!(names(kube.policy_objects.known().unwrap(), |it| &it.metadata), ["no-root"]);
    assert!(kube.karpenter.known().unwrap().is_empty());
    assert_eq!(fake.count("/apis/kyverno.io/v1/updaterequests"), 0);
}

#[tokio::test]
async fn without_definitions_and_discovery_every_custom_list_is_a_gap() {
    let (kube, _) = scan_with(|it| match it.base() {
        DEFINITIONS | "/apis" => Some(Reply::status(403)),
        _ => None,
    })
    .await;
    let own = "list customresourcedefinitions.apiextensions.k8s.io: denied";
    assert_eq!(gaps(&kube), [own; 4]);
}

#[tokio::test]
async fn aws_auth_is_read_by_name() {
    let path = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
    let map = json!({ "kind": "ConfigMap", "data": { "mapRoles": "- rolearn: arn:r\n" } });
    let (kube, _) = scan_with(move |it| (it.base() == path).then(|| Reply::json(&map))).await;
    assert_eq!(kube.aws_auth.known().unwrap().as_ref().unwrap().rows[0].arn, "arn:r");
    for reply in [Reply::status(404), Reply::ok("{}"), Reply::ok("no")] {
        let (kube, _) = scan_with(move |it| (it.base() == path).then(|| reply.clone())).await;
        assert_eq!(gaps(&kube), ["get configmaps/aws-auth: malformed"]);
    }
}
