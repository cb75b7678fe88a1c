//! Tokens against those of botocore, and how long each is used.

use std::{collections::BTreeSet, sync::Mutex};

use super::*;

fn audience(region: &str, partition: &str) -> Audience {
    Audience {
        cluster: "prod-eu".to_owned(),
        region: region.to_owned(),
        partition: partition.to_owned(),
    }
}

/// 2026-01-02T03:04:05Z.
fn time() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_323_045)
}

fn credentials(session_token: Option<&str>, expiry: Option<SystemTime>) -> Credentials {
    let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    let token = session_token.map(str::to_owned);
    Credentials::new("AKIDEXAMPLE", secret, token, expiry, "test")
}

fn url(token: &str) -> String {
    let encoded = token.strip_prefix("k8s-aws-v1.").unwrap();
    String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).unwrap()).unwrap()
}

fn assert_same_url(actual: &str, expected: &str) {
    let parts = |url: &str| -> (String, BTreeSet<String>) {
        let (base, query) = url.split_once('?').unwrap();
        (base.to_owned(), query.split('&').map(str::to_owned).collect())
    };
    assert_eq!(parts(actual), parts(expected));
}

// Both made with botocore 1.44.5, its clock fixed: RequestSigner("STS", region, "sts", "v4", credentials)
// .generate_presigned_url({method: GET, url, headers: {x-k8s-aws-id: prod-eu}}, expires_in=60).
const IRELAND: &str = "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature=bb4a9d798eb5344788af0792214fc253000310ce5d97940fb5e485824ca14950";
const BEIJING: &str = "https://sts.cn-north-1.amazonaws.com.cn/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20260102%2Fcn-north-1%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2Fsession%2Btoken%3D%3D&X-Amz-Signature=a2cb07f34ede10ae3762084f6e98ad048012d8fdd28582b1bb2f8a0dd9a057de";

#[test]
fn the_presigned_url_is_the_one_botocore_makes() {
    let made = token(&credentials(None, None), &audience("eu-west-1", "aws"), time()).unwrap();
    assert_same_url(&url(&made), IRELAND);
}

#[test]
fn a_session_token_is_part_of_it() {
    let credentials = credentials(Some("IQoJb3JpZ2luX2VjE//session+token=="), None);
    let made = token(&credentials, &audience("cn-north-1", "aws-cn"), time()).unwrap();
    assert_same_url(&url(&made), BEIJING);
}

#[test]
fn every_partition_has_its_host() {
    for (region, partition, host) in [
        ("us-east-1", "aws", "https://sts.us-east-1.amazonaws.com/?"),
        ("us-gov-west-1", "aws-us-gov", "https://sts.us-gov-west-1.amazonaws.com/?"),
        ("cn-northwest-1", "aws-cn", "https://sts.cn-northwest-1.amazonaws.com.cn/?"),
        ("eusc-de-east-1", "aws-eusc", "https://sts.eusc-de-east-1.amazonaws.eu/?"),
    ] {
        let made = token(&credentials(None, None), &audience(region, partition), time());
        assert!(url(&made.unwrap()).starts_with(host), "{region}");
    }
}

type Seen = Arc<Mutex<Vec<HeaderValue>>>;

/// A server that refuses the requests whose number it is told, and notes the tokens that it saw.
fn server(
    log: Seen,
    refuse: impl Fn(usize) -> bool + Send + Sync + Clone + 'static,
) -> impl Service<Request<Body>, Response = Response<()>, Error = BoxError, Future: Send>
+ Clone
+ Send
+ 'static {
    tower::service_fn(move |request: Request<Body>| {
        let header = request.headers()[AUTHORIZATION].clone();
        assert!(header.is_sensitive());
        let mut log = log.lock().unwrap();
        let refused = refuse(log.len());
        log.push(header);
        let status = if refused { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
        let mut response = Response::new(());
        *response.status_mut() = status;
        async move { Ok::<_, BoxError>(response) }
    })
}

/// Credentials that differ each time they are asked for, so that tokens made from them do.
#[derive(Debug, Default)]
struct Rotating(Mutex<u32>, Option<SystemTime>);

impl ProvideCredentials for Rotating {
    fn provide_credentials<'a>(
        &'a self,
    ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut number = self.0.lock().unwrap();
        *number += 1;
        let credentials = credentials(Some(&number.to_string()), self.1);
        aws_credential_types::provider::future::ProvideCredentials::ready(Ok(credentials))
    }
}

fn login(expiry: Option<SystemTime>) -> Login {
    Login(Arc::new(Shared {
        audience: audience("eu-west-1", "aws"),
        credentials: SharedCredentialsProvider::new(Rotating(Mutex::default(), expiry)),
        current: tokio::sync::Mutex::default(),
    }))
}

async fn statuses(
    login: &Login,
    requests: usize,
    refuse: impl Fn(usize) -> bool + Send + Sync + Clone + 'static,
) -> (Vec<u16>, usize, usize) {
    let seen = Seen::default();
    let mut service = login.layer(server(Arc::clone(&seen), refuse));
    let mut statuses = Vec::new();
    for _ in 0..requests {
        let response =
            service.ready().await.unwrap().call(Request::new(Body::empty())).await.unwrap();
        statuses.push(response.status().as_u16());
    }
    let seen = seen.lock().unwrap();
    let tokens: BTreeSet<&[u8]> = seen.iter().map(HeaderValue::as_bytes).collect();
    (statuses, seen.len(), tokens.len())
}

#[tokio::test]
async fn one_token_serves_many_requests() {
    assert_eq!(statuses(&login(None), 3, |_| false).await, (vec![200, 200, 200], 3, 1));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    assert_eq!(statuses(&login(None), 2, |it| it == 0).await, (vec![200, 200], 3, 2));
}

#[tokio::test]
async fn a_refused_login_stays_refused_without_further_tokens() {
    assert_eq!(statuses(&login(None), 3, |_| true).await, (vec![401, 401, 401], 4, 2));
}

#[tokio::test]
async fn no_token_outlives_its_credentials() {
    let expired = Some(SystemTime::now());
    assert_eq!(statuses(&login(expired), 3, |_| false).await, (vec![200, 200, 200], 3, 3));
}

#[tokio::test]
async fn without_credentials_there_is_no_login() {
    #[derive(Debug)]
    struct Nothing;
    impl ProvideCredentials for Nothing {
        fn provide_credentials<'a>(
            &'a self,
        ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let error =
                aws_credential_types::provider::error::CredentialsError::not_loaded("no chain");
            aws_credential_types::provider::future::ProvideCredentials::ready(Err(error))
        }
    }
    let login = Login(Arc::new(Shared {
        audience: audience("eu-west-1", "aws"),
        credentials: SharedCredentialsProvider::new(Nothing),
        current: tokio::sync::Mutex::default(),
    }));
    let error = login
        .layer(server(Seen::default(), |_| false))
        .oneshot(Request::new(Body::empty()))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "no AWS credentials to log in with: no chain");
}
