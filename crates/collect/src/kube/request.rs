//! One GET to an API server: retried where that helps, explained where it does not.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use eksray_kube::decode::read;
use eksray_rule::{Gap, Reason};
use http::{
    HeaderMap, Request, StatusCode,
    header::{ACCEPT, RETRY_AFTER},
};
use http_body_util::{BodyExt, Limited};
use kube::{Client, client::Body};
use serde::{Deserialize, de::DeserializeOwned};

pub(super) use eksray_kube::resource::Part;

use crate::{
    Run,
    token::{LoginFailed, deepest},
};

/// More than this is no page of 500 objects.
const LARGEST: usize = 512 << 20;

/// An API server, and the scan it is asked for.
pub(super) struct Server {
    pub(super) run: Run,
    client: Client,
    answered: AtomicBool,
    pub(super) pace: Pace,
}

/// How patient requests are.
pub(super) struct Pace {
    /// Before the second attempt; doubles with each further one. `Retry-After` goes first.
    pub(super) backoff: Duration,
    /// For an answer and its body.
    pub(super) answer: Duration,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// 401: the server knows nobody by this login.
    Unauthorized,
    /// 404, and what came with it.
    NotFound(Bytes),
    /// 410: the list has moved on since its first page.
    Expired,
    /// Anything else.
    Other(Reason, String),
}

/// A failed attempt that may be repeated.
struct Again {
    failure: Failure,
    /// Attempts in all.
    limit: u32,
    after: Option<Duration>,
}

impl Server {
    pub(super) fn new(client: Client, run: Run) -> Self {
        let pace = Pace { backoff: Duration::from_millis(500), answer: Duration::from_secs(30) };
        Self { run, client, answered: AtomicBool::new(false), pace }
    }

    /// Whether the server ever answered somebody it knows.
    pub(super) fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// The body of a successful answer.
    pub(super) async fn get(&self, call: &str, path: &str, part: Part) -> Result<Bytes, Failure> {
        let mut attempt = 1;
        loop {
            self.run.calls.request(call);
            let answer = tokio::time::timeout(self.pace.answer, self.send(path, part));
            let again = match self.unless_stopped(answer).await {
                Err(why) => return Err(Failure::Other(Reason::Timeout, why.to_owned())),
                Ok(Ok(Ok(answer))) => return answer,
                Ok(Ok(Err(again))) => again,
                Ok(Err(_elapsed)) => {
                    let detail = format!("no answer within {} s", self.pace.answer.as_secs());
                    Again {
                        failure: Failure::Other(Reason::Timeout, detail),
                        limit: 2,
                        after: None,
                    }
                }
            };
            if let Failure::Other(Reason::Throttled, _) = again.failure {
                self.run.calls.throttled(call);
            }
            if attempt == again.limit {
                return Err(again.failure);
            }
            let wait = again.after.unwrap_or(self.pace.backoff * 2_u32.pow(attempt - 1));
            if self.unless_stopped(tokio::time::sleep(wait)).await.is_err() {
                return Err(again.failure);
            }
            attempt += 1;
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Result<T, &'static str> {
        tokio::select! {
            biased;
            why = self.run.stop.stopped() => Err(why),
            done = work => Ok(done),
        }
    }

    /// One attempt: an answer, which may be a refusal, or a reason to try again.
    async fn send(&self, path: &str, part: Part) -> Result<Result<Bytes, Failure>, Again> {
        let request = Request::get(path).header(ACCEPT, accept(part)).body(Body::empty());
        let Ok(request) = request else {
            return Ok(Err(Failure::malformed("the path is no path")));
        };
        let response = self.client.send(request).await.map_err(|it| no_connection(&it))?;
        let status = response.status();
        if status != StatusCode::UNAUTHORIZED {
            self.answered.store(true, Ordering::Relaxed);
        }
        let after = retry_after(response.headers());
        let again = |reason, limit| {
            let failure = Failure::Other(reason, status.to_string());
            Again { failure, limit, after }
        };
        match status {
            StatusCode::OK => self.body(response.into_body()).await.map(Ok),
            StatusCode::UNAUTHORIZED => Ok(Err(Failure::Unauthorized)),
            StatusCode::FORBIDDEN => Ok(Err(Failure::Other(Reason::Denied, status.to_string()))),
            StatusCode::NOT_FOUND => {
                let body = self.body(response.into_body()).await?;
                Ok(Err(Failure::NotFound(body)))
            }
            StatusCode::GONE => Ok(Err(Failure::Expired)),
            StatusCode::TOO_MANY_REQUESTS => Err(again(Reason::Throttled, 8)),
            _ if status.is_server_error() => Err(again(Reason::Unreachable, 4)),
            _ => Ok(Err(Failure::malformed(&format!("unexpected status {status}")))),
        }
    }

    async fn body(&self, body: Body) -> Result<Bytes, Again> {
        let collected = Limited::new(body, LARGEST).collect().await;
        collected.map(http_body_util::Collected::to_bytes).map_err(|_| Again {
            failure: Failure::malformed("the answer ends early"),
            limit: 2,
            after: None,
        })
    }
}

impl Failure {
    pub(super) fn malformed(detail: &str) -> Self {
        Self::Other(Reason::Malformed, detail.to_owned())
    }

    pub(super) fn gap(self, call: &str) -> Gap {
        let (reason, detail) = match self {
            Self::Unauthorized => (Reason::Denied, "401 Unauthorized".to_owned()),
            Self::NotFound(_) => (Reason::Malformed, "404 Not Found".to_owned()),
            Self::Expired => (Reason::Timeout, "410 Gone".to_owned()),
            Self::Other(reason, detail) => (reason, detail),
        };
        Gap { call: call.to_owned(), reason, detail }
    }
}

/// The metadata of a list; servers refuse this form to a single object.
fn accept(part: Part) -> &'static str {
    match part {
        Part::Whole => "application/json",
        Part::Metadata => "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The text of an error could hold what a login command printed, so that only known ones are repeated.
fn no_connection(error: &kube::Error) -> Again {
    let (reason, detail, limit) = match error {
        kube::Error::Auth(_) => {
            (Reason::Denied, "the login of the kubeconfig's user failed".to_owned(), 1)
        }
        kube::Error::Service(it) => match it.downcast_ref::<LoginFailed>() {
            Some(failed) => (Reason::Denied, failed.to_string(), 1),
            None if it.downcast_ref::<kube::client::AuthError>().is_some() => {
                (Reason::Denied, "the login of the kubeconfig's user failed".to_owned(), 1)
            }
            None => (Reason::Unreachable, deepest(it.as_ref()), 2),
        },
        other => (Reason::Unreachable, deepest(other), 2),
    };
    Again { failure: Failure::Other(reason, detail), limit, after: None }
}

/// Decodes JSON; the error tells where it is wrong, never what stands there.
pub(super) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    read(bytes).map_err(|it| Failure::malformed(&it.to_string()))
}

/// Decodes an object of a kind.
pub(super) fn object<T: DeserializeOwned>(bytes: &[u8], kind: &str) -> Result<T, Failure> {
    #[derive(Deserialize)]
    struct Kind {
        kind: String,
    }
    if json::<Kind>(bytes)?.kind != kind {
        return Err(Failure::malformed(&format!("no {kind}")));
    }
    json(bytes)
}

/// Whether it is the API server, and no proxy, that says an object of this name is not there.
pub(super) fn says_not_found(body: &[u8], name: &str) -> bool {
    #[derive(Deserialize)]
    struct Status {
        kind: String,
        reason: String,
        details: Details,
    }
    #[derive(Deserialize)]
    struct Details {
        name: String,
    }
    serde_json::from_slice::<Status>(body)
        .is_ok_and(|it| it.kind == "Status" && it.reason == "NotFound" && it.details.name == name)
}
