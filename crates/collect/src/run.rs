//! What every read of a scan shares: progress, deadline, cancellation, accounting.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use eksray_rule::ClusterId;
use tokio::{sync::watch, time::Instant};

/// One scan's shared parts; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// Told what happens.
    pub progress: Progress,
    /// Ends the scan early.
    pub stop: Stop,
    /// What was called.
    pub calls: Calls,
    /// Whether ConfigMaps of all namespaces are read, too.
    pub config_maps: bool,
}

/// A step of a scan, for whoever shows it.
#[derive(Clone, Debug)]
pub enum Event {
    /// The Regions in scope are known.
    Regions(Vec<String>),
    /// A Region's clusters are listed.
    Clusters {
        /// Region.
        region: String,
        /// Names.
        names: Vec<String>,
    },
    /// A Region is read.
    RegionDone(String),
    /// A list of a cluster's API server is read.
    Kind {
        /// Cluster.
        cluster: ClusterId,
        /// Such as `pods`.
        kind: String,
    },
    /// A cluster's API server is read.
    ClusterDone(ClusterId),
}

/// Receives [`Event`]s; by default nobody listens.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(Event) + Send + Sync>>);

impl Progress {
    /// Calls `listener` from any task, so it must be quick.
    pub fn new(listener: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Tells the listener.
    pub fn tell(&self, event: Event) {
        if let Some(listener) = &self.0 {
            listener(event);
        }
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// The end of a scan before its time: a deadline, or somebody's wish.
///
/// Every read waits for it beside its answer, so a stopped scan ends at once with what it has.
#[derive(Clone, Debug)]
pub struct Stop {
    deadline: Option<Instant>,
    asked: Arc<watch::Sender<bool>>,
}

impl Default for Stop {
    fn default() -> Self {
        Self { deadline: None, asked: Arc::new(watch::Sender::new(false)) }
    }
}

impl Stop {
    /// Stops by itself after `limit`.
    pub fn after(limit: Duration) -> Self {
        Self { deadline: Instant::now().checked_add(limit), ..Self::default() }
    }

    /// The same stop with a deadline of its own, such as a cluster's.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Self {
        let own = Instant::now().checked_add(limit);
        let deadline = [self.deadline, own].into_iter().flatten().min();
        Self { deadline, asked: Arc::clone(&self.asked) }
    }

    /// Stops now, as on SIGTERM.
    pub fn now(&self) {
        self.asked.send_replace(true);
    }

    /// Whether somebody asked to stop, which a deadline is not.
    pub fn was_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Returns why, once it is time: `deadline passed` or `interrupted`.
    pub async fn stopped(&self) -> &'static str {
        let mut asked = self.asked.subscribe();
        let deadline = async {
            match self.deadline {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            _ = asked.wait_for(|it| *it) => "interrupted",
            () = deadline => "deadline of the scan passed",
        }
    }
}

/// How often each API was called, by permission such as `eks:ListClusters` or `list pods`.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<BTreeMap<String, Count>>>);

/// What was counted of one API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Requests sent, repeated ones included.
    pub requests: u64,
    /// Requests that were throttled.
    pub throttled: u64,
}

impl Calls {
    /// Counts a request.
    pub fn request(&self, call: &str) {
        self.update(call, |it| it.requests += 1);
    }

    /// Counts a throttled answer.
    pub fn throttled(&self, call: &str) {
        self.update(call, |it| it.throttled += 1);
    }

    /// The counts so far.
    pub fn counts(&self) -> BTreeMap<String, Count> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn update(&self, call: &str, change: impl FnOnce(&mut Count)) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.get_mut(call) {
            Some(count) => change(count),
            None => change(counts.entry(call.to_owned()).or_default()),
        }
    }
}
