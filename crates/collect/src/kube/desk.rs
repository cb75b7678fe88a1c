//! Where pages become an inventory: one thread, so that decoding never holds up the network.

use eksray_kube::{decode::Builder, inventory::Kube};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

type Job = Box<dyn FnOnce(&mut Builder) + Send>;

/// Takes jobs for the builder, in order.
pub(super) struct Desk(mpsc::Sender<Job>);

impl Desk {
    /// Opens a desk. It closes with the last handle to it, and then hands over what it has.
    pub(super) fn open() -> (Self, JoinHandle<Kube>) {
        // Few, so that pages wait on the wire and not in memory.
        let (sender, mut jobs) = mpsc::channel::<Job>(2);
        let work = move || {
            let mut builder = Builder::default();
            while let Some(job) = jobs.blocking_recv() {
                job(&mut builder);
            }
            builder.finish()
        };
        (Self(sender), tokio::task::spawn_blocking(work))
    }

    /// Hands a job over; the answer comes later, or never if an earlier job panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Builder) -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (answer, receiver) = oneshot::channel();
        let job: Job = Box::new(move |builder| {
            // Nobody may be waiting any more.
            let _unheard = answer.send(job(builder));
        });
        // A desk that is gone drops the job and with it the sender, which the receiver sees.
        let _gone = self.0.send(job).await;
        receiver
    }
}
