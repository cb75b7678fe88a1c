//! Keeps credentials until shortly before they expire: a scan asks for them thousands of times.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{self, ProvideCredentials, SharedCredentialsProvider, future},
};
use tokio::sync::Mutex;

/// How long before their end credentials are renewed.
const MARGIN: Duration = Duration::from_mins(5);

/// How long credentials are kept whose end is not known.
const UNKNOWN: Duration = Duration::from_mins(15);

/// A provider that remembers.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    source: SharedCredentialsProvider,
    kept: Arc<Mutex<Option<(Credentials, SystemTime)>>>,
}

impl Kept {
    pub(crate) fn shared(source: SharedCredentialsProvider) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Self { source, kept: Arc::default() })
    }

    async fn get(&self) -> provider::Result {
        let now = SystemTime::now();
        let mut kept = self.kept.lock().await;
        if let Some((credentials, until)) = &*kept
            && now < *until
        {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        let until = match credentials.expiry() {
            Some(end) => end.checked_sub(MARGIN).unwrap_or(now),
            None => now + UNKNOWN,
        };
        *kept = Some((credentials.clone(), until));
        Ok(credentials)
    }
}

impl ProvideCredentials for Kept {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.get())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Debug)]
    struct Counting(AtomicU32, Option<Duration>);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.0.fetch_add(1, Ordering::Relaxed);
            let end = self.1.map(|it| SystemTime::now() + it);
            let it = Credentials::new(number.to_string(), "secret", None, end, "test");
            future::ProvideCredentials::ready(Ok(it))
        }
    }

    async fn keys(lifetime: Option<Duration>) -> Vec<String> {
        let source = SharedCredentialsProvider::new(Counting(AtomicU32::new(0), lifetime));
        let kept = Kept::shared(source);
        let mut keys = Vec::new();
        for _ in 0..2 {
            keys.push(kept.provide_credentials().await.unwrap().access_key_id().to_owned());
        }
        keys
    }

    #[tokio::test]
    async fn credentials_are_asked_for_once_until_they_near_their_end() {
        assert_eq!(keys(None).await, ["0", "0"]);
        assert_eq!(keys(Some(Duration::from_hours(1))).await, ["0", "0"]);
        assert_eq!(keys(Some(Duration::from_mins(1))).await, ["0", "1"]);
    }
}
