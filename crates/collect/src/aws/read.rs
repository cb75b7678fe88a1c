//! The one way to ask AWS: limits, deadlines, retries, paging and accounting, and errors turned into gaps.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use eksray_rule::{Gap, Reason};
use tokio::time::{sleep, timeout};

use super::{failure::Failure, limit::Limits};
use crate::run::Run;

/// How often a throttled request is sent: the rate adapts, so patience pays.
const THROTTLED_ATTEMPTS: u32 = 10;

/// Asks the services of one Region.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) run: Run,
    pub(crate) limits: Limits,
    pub(crate) region: String,
    /// How often a request is sent that fails for other reasons than throttling.
    pub(crate) attempts: u32,
    /// How long one request may take.
    pub(crate) deadline: Duration,
}

/// A converted answer, or what about it is malformed.
pub(crate) type Parsed<T> = Result<T, String>;

/// One page of a list.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// A call about to be made, named by the permission that it needs.
pub(crate) struct Call<'a> {
    reader: &'a Reader,
    permission: &'static str,
}

impl Reader {
    /// Names the permission that the call needs. The literal is the documentation: `docs/permissions.md`,
    /// the IAM policy and the gap's `call` all come from it.
    pub(crate) fn read(&self, permission: &'static str) -> Call<'_> {
        Call { reader: self, permission }
    }
}

impl Call<'_> {
    /// A call with one answer.
    pub(crate) async fn once<T, O, E, F>(
        self,
        send: impl Fn() -> F,
        convert: impl FnOnce(O) -> Parsed<T>,
    ) -> Result<T, Gap>
    where
        F: Future<Output = Result<O, E>>,
        E: Into<Failure>,
    {
        convert(self.answer(send).await?).map_err(|it| self.malformed(it))
    }

    /// A call whose answer comes in pages: all of them, or none.
    pub(crate) async fn all<T, O, E, F>(
        self,
        send: impl Fn(Option<String>) -> F,
        convert: impl Fn(O) -> Parsed<Page<T>>,
    ) -> Result<Vec<T>, Gap>
    where
        F: Future<Output = Result<O, E>>,
        E: Into<Failure>,
    {
        let mut items = Vec::new();
        let mut seen = BTreeSet::new();
        let mut token: Option<String> = None;
        loop {
            let answer = self.answer(|| send(token.clone())).await?;
            let page = convert(answer).map_err(|it| self.malformed(it))?;
            items.extend(page.items);
            let Some(next) = page.next.filter(|it| !it.is_empty()) else { return Ok(items) };
            if !seen.insert(next.clone()) {
                return Err(self.malformed("the same page token came twice".to_owned()));
            }
            token = Some(next);
        }
    }

    async fn answer<O, E, F>(&self, send: impl Fn() -> F) -> Result<O, Gap>
    where
        F: Future<Output = Result<O, E>>,
        E: Into<Failure>,
    {
        tokio::select! {
            biased;
            why = self.reader.run.stop.stopped() => Err(self.gap(Reason::Timeout, why.to_owned())),
            answer = self.attempts(send) => answer.map_err(|it| self.gap(it.reason, it.detail)),
        }
    }

    async fn attempts<O, E, F>(&self, send: impl Fn() -> F) -> Result<O, Failure>
    where
        F: Future<Output = Result<O, E>>,
        E: Into<Failure>,
    {
        let Reader { run, limits, region, attempts, deadline } = self.reader;
        let service = self.permission.split(':').next().unwrap_or_default();
        let limit = limits.of(region, service);
        let mut tried = 0;
        loop {
            let leave = limit.leave().await;
            run.calls.request(self.permission);
            let failure = match timeout(*deadline, send()).await {
                Ok(Ok(answer)) => {
                    limit.speed_up();
                    return Ok(answer);
                }
                Ok(Err(error)) => error.into(),
                Err(_) => Failure::late(deadline.as_secs()),
            };
            drop(leave);
            tried += 1;
            let throttled = failure.reason == Reason::Throttled;
            if throttled {
                run.calls.throttled(self.permission);
                limit.slow_down();
            }
            let most = if throttled { (*attempts).max(THROTTLED_ATTEMPTS) } else { *attempts };
            if !failure.again || tried >= most {
                return Err(failure);
            }
            tracing::debug!(
                call = self.permission,
                region,
                detail = failure.detail,
                "trying again"
            );
            sleep(pause(tried)).await;
        }
    }

    fn malformed(&self, detail: String) -> Gap {
        let Failure { reason, detail, .. } = Failure::malformed(detail);
        self.gap(reason, detail)
    }

    fn gap(&self, reason: Reason, detail: String) -> Gap {
        Gap { call: self.permission.to_owned(), reason, detail }
    }
}

/// Exponential, with jitter so that calls refused together do not come back together.
fn pause(tried: u32) -> Duration {
    let longest = Duration::from_millis(250) * 2_u32.saturating_pow(tried.min(6));
    let jitter = RandomState::new().hash_one(tried) % 512;
    longest / 2 + longest * u32::try_from(jitter).unwrap_or_default() / 1024
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, future::ready};

    use super::*;
    use crate::run::{Count, Stop};

    fn reader() -> Reader {
        Reader {
            run: Run::default(),
            limits: Limits::new(4),
            region: "eu-west-1".to_owned(),
            attempts: 2,
            deadline: Duration::from_secs(5),
        }
    }

    /// Pages with these tokens, each holding the token that asked for it.
    async fn list(reader: &Reader, tokens: &[&str]) -> Result<Vec<String>, Gap> {
        let asked = Cell::new(0);
        reader
            .read("eks:ListClusters")
            .all(
                |token: Option<String>| {
                    let next = tokens.get(asked.replace(asked.get() + 1));
                    let next = next.map(ToString::to_string);
                    ready(Ok::<_, Failure>((token.unwrap_or_default(), next)))
                },
                |(item, next)| Ok(Page { items: vec![item], next }),
            )
            .await
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_end() {
        assert_eq!(list(&reader(), &["a", "b"]).await.unwrap(), ["", "a", "b"]);
        assert_eq!(list(&reader(), &["a", "", "c"]).await.unwrap(), ["", "a"]);
    }

    #[tokio::test]
    async fn a_token_that_repeats_makes_the_list_unread() {
        let gap = list(&reader(), &["a", "b", "a"]).await.unwrap_err();
        assert_eq!(gap.reason, Reason::Malformed);
        assert_eq!(gap.call, "eks:ListClusters");
    }

    #[tokio::test]
    async fn passing_failures_are_tried_again_and_counted() {
        let reader = reader();
        let sent = Cell::new(0);
        let call = reader.read("ec2:DescribeVpcs").once(
            || match sent.replace(sent.get() + 1) {
                0..3 => ready(Err(Failure::answer(503, Some("RequestLimitExceeded"), ""))),
                _ => ready(Ok(7)),
            },
            Ok,
        );
        assert_eq!(call.await, Ok(7));
        let counts = reader.run.calls.counts();
        assert_eq!(counts["ec2:DescribeVpcs"], Count { requests: 4, throttled: 3 });
    }

    #[tokio::test]
    async fn lasting_failures_are_not_tried_again() {
        let reader = reader();
        let refusal = Failure::answer(403, Some("UnauthorizedOperation"), "");
        let send = || ready(Err::<(), _>(refusal.clone()));
        let gap = reader.read("ec2:DescribeVpcs").once(send, Ok).await.unwrap_err();
        assert_eq!(gap.to_string(), "ec2:DescribeVpcs: denied (UnauthorizedOperation)");
        assert_eq!(reader.run.calls.counts()["ec2:DescribeVpcs"].requests, 1);
    }

    #[tokio::test]
    async fn a_stopped_scan_asks_nothing() {
        let mut reader = reader();
        reader.run.stop = Stop::default();
        reader.run.stop.now();
        let gap = list(&reader, &[]).await.unwrap_err();
        assert_eq!((gap.reason, gap.detail.as_str()), (Reason::Timeout, "interrupted"));
        assert!(reader.run.calls.counts().is_empty());
    }
}
