//! The bearer token that EKS takes: a presigned `sts:GetCallerIdentity`, which shows who asks without giving
//! away the key. Nobody but the cluster's authenticator ever sends it.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4::SigningParams,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::BoxFuture;
use http::{HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION};
use kube::client::Body;
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service, ServiceExt};

use crate::ClusterAccess;

/// How long the presigned URL may be sent to STS; the authenticator accepts no more than 15 minutes of age.
const EXPIRES: Duration = Duration::from_mins(1);

/// How long a token is used: well within those 15 minutes.
const REUSED: Duration = Duration::from_mins(10);

/// Who a token is for, and where it is made out.
#[derive(Clone, Debug)]
pub(crate) struct Audience {
    /// Name of the cluster.
    pub cluster: String,
    /// Region of the cluster.
    pub region: String,
    /// Partition of the account.
    pub partition: String,
}

/// Why there is no token.
#[derive(Debug)]
pub(crate) struct LoginFailed(pub String);

impl std::fmt::Display for LoginFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for LoginFailed {}

/// Signs a token.
pub(crate) fn token(
    credentials: &Credentials,
    to: &Audience,
    at: SystemTime,
) -> Result<String, BoxError> {
    let host = format!("sts.{}.{}", to.region, suffix(&to.partition));
    let url = format!("https://{host}/?Action=GetCallerIdentity&Version=2011-06-15");
    let mut settings = SigningSettings::default();
    settings.signature_location = SignatureLocation::QueryParams;
    settings.expires_in = Some(EXPIRES);
    let identity = credentials.clone().into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&to.region)
        .name("sts")
        .time(at)
        .settings(settings)
        .build()?
        .into();
    let headers = [("host", host.as_str()), ("x-k8s-aws-id", to.cluster.as_str())];
    let request = SignableRequest::new("GET", &url, headers.into_iter(), SignableBody::Bytes(&[]))?;
    let (instructions, _) = sign(request, &params)?.into_parts();
    let mut request = Request::get(&url).body(())?;
    instructions.apply_to_request_http1x(&mut request);
    let encoded = URL_SAFE_NO_PAD.encode(request.uri().to_string());
    Ok(format!("k8s-aws-v1.{encoded}"))
}

/// The DNS suffix of a partition.
fn suffix(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    }
}

/// Puts a token on every request of a client; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Login(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    audience: Audience,
    credentials: SharedCredentialsProvider,
    current: Mutex<Option<Current>>,
}

#[derive(Debug)]
struct Current {
    header: HeaderValue,
    until: SystemTime,
    /// Made because the one before was refused: if this one is refused too, a third is no better.
    after_refusal: bool,
}

impl Login {
    pub(crate) fn new(access: &ClusterAccess) -> Self {
        Self(Arc::new(Shared {
            audience: Audience {
                cluster: access.name.clone(),
                region: access.region.clone(),
                partition: access.partition.clone(),
            },
            credentials: access.credentials.clone(),
            current: Mutex::default(),
        }))
    }

    async fn header(&self) -> Result<HeaderValue, LoginFailed> {
        let mut current = self.0.current.lock().await;
        match current.as_ref() {
            Some(it) if SystemTime::now() < it.until => Ok(it.header.clone()),
            _ => self.renew(&mut current, false).await,
        }
    }

    /// The header to try after `refused`; the same one if there is no better.
    async fn header_after(&self, refused: &HeaderValue) -> Result<HeaderValue, LoginFailed> {
        let mut current = self.0.current.lock().await;
        match current.as_ref() {
            Some(it) if it.header != *refused || it.after_refusal => Ok(it.header.clone()),
            _ => self.renew(&mut current, true).await,
        }
    }

    async fn renew(
        &self,
        current: &mut Option<Current>,
        after_refusal: bool,
    ) -> Result<HeaderValue, LoginFailed> {
        let Shared { audience, credentials, .. } = &*self.0;
        let credentials = credentials.provide_credentials().await.map_err(|it| {
            LoginFailed(format!("no AWS credentials to log in with: {}", deepest(&it)))
        })?;
        let now = SystemTime::now();
        let until = [now.checked_add(REUSED), credentials.expiry()].into_iter().flatten().min();
        let token = token(&credentials, audience, now)
            .and_then(|it| Ok(HeaderValue::try_from(format!("Bearer {it}"))?));
        let mut header =
            token.map_err(|it| LoginFailed(format!("the login cannot be signed: {it}")))?;
        header.set_sensitive(true);
        let until = until.unwrap_or(now);
        *current = Some(Current { header: header.clone(), until, after_refusal });
        Ok(header)
    }
}

/// The innermost cause of an error: the one that says what happened.
pub(crate) fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

impl<S> Layer<S> for Login {
    type Service = LoggedIn<S>;

    fn layer(&self, inner: S) -> LoggedIn<S> {
        LoggedIn { inner, login: self.clone() }
    }
}

/// See [`Login`].
#[derive(Clone, Debug)]
pub(crate) struct LoggedIn<S> {
    inner: S,
    login: Login,
}

impl<S, B> Service<Request<Body>> for LoggedIn<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The clone that was polled ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let login = self.login.clone();
        Box::pin(async move {
            // Every request is a GET, so there is no body to send twice.
            let (parts, _) = request.into_parts();
            let with = |header: &HeaderValue| {
                let mut request = Request::from_parts(parts.clone(), Body::empty());
                request.headers_mut().insert(AUTHORIZATION, header.clone());
                request
            };
            let header = login.header().await?;
            let response = inner.call(with(&header)).await?;
            if response.status() != StatusCode::UNAUTHORIZED {
                return Ok(response);
            }
            let renewed = login.header_after(&header).await?;
            if renewed == header {
                return Ok(response);
            }
            inner.ready().await?.call(with(&renewed)).await
        })
    }
}

#[cfg(test)]
mod tests;
