//! Servers that refuse the login or do not answer.

use eksray_rule::Reason;

use super::{
    CONNECT, ROLES, endpoint,
    fake::{Fake, Reply},
    gaps, scan, scan_with,
};
use crate::{Run, kube::cluster};

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
    let kube = cluster(client, &access.id, &Run::default()).await;
    let gap = kube.gap().unwrap();
    assert_eq!((gap.call.as_str(), gap.reason), (CONNECT, Reason::Unreachable));
}

#[tokio::test]
async fn a_server_that_never_answers_is_one_gap_of_the_whole_cluster() {
    let fake = Fake::start(|_| Some(Reply::hang()));
    let gap = scan(&fake, &Run::default()).await.unwrap_err();
    assert_eq!((gap.call.as_str(), gap.reason), (CONNECT, Reason::Timeout));
}
