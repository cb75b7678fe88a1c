//! Keeps every service of every Region below its request limits, and slows down when told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until},
};

/// Requests to one service of one Region that may be under way at the same time.
const SLOTS: usize = 16;

/// The limits of one account; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    places: Arc<Mutex<BTreeMap<(String, String), Limit>>>,
    everywhere: Arc<Semaphore>,
}

impl Limits {
    /// `concurrency` is how many requests may be under way in all.
    pub(crate) fn new(concurrency: usize) -> Self {
        Self { places: Arc::default(), everywhere: Arc::new(Semaphore::new(concurrency.max(1))) }
    }

    /// The limit of one service in one Region.
    pub(crate) fn of(&self, region: &str, service: &str) -> Limit {
        let key = (region.to_owned(), service.to_owned());
        let limit = || Limit::new(quota(service), Arc::clone(&self.everywhere));
        lock(&self.places).entry(key).or_insert_with(limit).clone()
    }
}

/// What a service grants: requests at once, and the time in which one more is granted.
#[derive(Clone, Copy, Debug)]
struct Quota {
    burst: u32,
    interval: Duration,
}

/// Four fifths of what AWS publishes, so that the account's own tools are not starved.
///
/// EC2: 100 at once and 20/s for filtered or paginated reads; Elastic Load Balancing: 40 and 10/s; trails and
/// log groups: 10/s. The others publish nothing, and what is here adapts when they throttle.
fn quota(service: &str) -> Quota {
    let (burst, per_second) = match service {
        "ec2" => (80, 16),
        "elasticloadbalancing" => (32, 8),
        "cloudtrail" | "logs" => (8, 8),
        "eks" => (200, 30),
        _ => (20, 10),
    };
    Quota { burst, interval: Duration::from_secs(1) / per_second }
}

/// A token bucket, kept as the time at which it will be full again.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    quota: Quota,
    bucket: Arc<Mutex<Bucket>>,
    here: Arc<Semaphore>,
    everywhere: Arc<Semaphore>,
}

#[derive(Debug)]
struct Bucket {
    full: Instant,
    interval: Duration,
    slowed: Instant,
}

/// Leave to send one request, given back when dropped.
pub(crate) struct Leave(
    #[expect(dead_code, reason = "held for its drop")] [OwnedSemaphorePermit; 2],
);

impl Limit {
    fn new(quota: Quota, everywhere: Arc<Semaphore>) -> Self {
        let now = Instant::now();
        let bucket = Bucket { full: now, interval: quota.interval, slowed: now };
        let here = Arc::new(Semaphore::new(SLOTS));
        Self { quota, bucket: Arc::new(Mutex::new(bucket)), here, everywhere }
    }

    /// Waits for its turn.
    pub(crate) async fn leave(&self) -> Leave {
        sleep_until(self.turn(Instant::now())).await;
        let slot = |slots: &Arc<Semaphore>| Arc::clone(slots).acquire_owned();
        let here = slot(&self.here).await.expect("never closed");
        let everywhere = slot(&self.everywhere).await.expect("never closed");
        Leave([here, everywhere])
    }

    /// Takes a token and says when it may be used.
    fn turn(&self, now: Instant) -> Instant {
        let mut bucket = lock(&self.bucket);
        bucket.full = bucket.full.max(now) + bucket.interval;
        let ahead = bucket.interval * self.quota.burst;
        bucket.full.checked_sub(ahead).map_or(now, |it| it.max(now))
    }

    /// A request was throttled: empties the bucket and halves its rate, at most once a second.
    pub(crate) fn slow_down(&self) {
        let now = Instant::now();
        let mut bucket = lock(&self.bucket);
        if now < bucket.slowed + Duration::from_secs(1) && bucket.interval > self.quota.interval {
            return;
        }
        bucket.slowed = now;
        bucket.interval = (bucket.interval * 2).min(self.quota.interval * 64);
        bucket.full = bucket.full.max(now + bucket.interval * self.quota.burst);
    }

    /// A request was answered: back towards the full rate, a little each time.
    pub(crate) fn speed_up(&self) {
        let mut bucket = lock(&self.bucket);
        bucket.interval = (bucket.interval * 19 / 20).max(self.quota.interval);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(burst: u32, interval: u64) -> Limit {
        let quota = Quota { burst, interval: Duration::from_millis(interval) };
        Limit::new(quota, Arc::new(Semaphore::new(1)))
    }

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_rate() {
        let (limit, now) = (limit(3, 100), Instant::now());
        let waits: Vec<_> = (0..6).map(|_| (limit.turn(now) - now).as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200, 300]);
        let later = now + Duration::from_secs(10);
        assert_eq!(limit.turn(later), later);
    }

    #[test]
    fn throttling_empties_the_bucket_and_success_restores_the_rate() {
        let limit = limit(3, 100);
        limit.slow_down();
        limit.slow_down();
        let now = Instant::now();
        let wait = limit.turn(now) - now;
        assert!((100..=200).contains(&wait.as_millis()), "{wait:?}");
        for _ in 0..100 {
            limit.speed_up();
        }
        assert_eq!(lock(&limit.bucket).interval, limit.quota.interval);
    }
}
