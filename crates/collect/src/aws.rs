//! Reads an AWS account.

mod alarms;
mod autoscaling;
mod certificates;
mod config;
mod credentials;
mod ec2;
mod eks;
mod elb;
mod failure;
mod guardduty;
mod http;
mod iam;
mod inspector;
mod kms;
mod limit;
mod log_groups;
mod logs;
mod nodes;
mod parse;
mod place;
mod read;
mod region;
mod s3;
mod signed;
mod ssm;
mod start;
mod stores;
mod waf;

use std::{collections::BTreeMap, sync::Arc};

use eksray_aws::inventory::{Account, Region};
use eksray_rule::{Gap, Reason};
use futures::{future::BoxFuture, join};
use tokio::{sync::mpsc::UnboundedSender, task::JoinSet};

pub use start::{AssumeRole, Options, StartError};

use crate::{ClusterAccess, Event, Run};
use logs::{BucketsRead, TrailsRead};
use region::Shared;
use start::{Identity, Session};

/// Reads everything that rules need of an account.
///
/// Clusters are sent to `access` as soon as they are described, so that reading them may begin; the sender is
/// dropped when no more will come. What could not be read is in the inventory as gaps. When `run.stop` is
/// reached, what is not read by then is a gap too, and the rest is returned.
///
/// Boxed, or the whole collector would be compiled a second time where this is awaited.
pub fn account<'a>(
    options: &'a Options,
    run: &'a Run,
    access: UnboundedSender<ClusterAccess>,
) -> BoxFuture<'a, Result<Account, StartError>> {
    Box::pin(read_account(options, run, access))
}

async fn read_account(
    options: &Options,
    run: &Run,
    access: UnboundedSender<ClusterAccess>,
) -> Result<Account, StartError> {
    let (session, identity, regions) = tokio::select! {
        biased;
        why = run.stop.stopped() => return Err(StartError::Stopped(why.to_owned())),
        started = start(options, run) => started?,
    };
    run.progress.tell(Event::Regions(regions.clone()));
    let Identity { account, partition } = identity.clone();
    let (trails, buckets) = (TrailsRead::default(), BucketsRead::default());
    let shared = Shared { session, identity, trails, buckets, access };
    let home = shared.place(&shared.session.home());
    let (iam, oidc_providers, server_certificates, public_access_block, regions) = join!(
        iam::details(&home),
        iam::oidc_providers(&home),
        certificates::of_iam(&home),
        s3::account(&home),
        read_regions(shared, regions),
    );
    Ok(Account {
        id: account,
        partition,
        regions,
        iam: iam.into(),
        oidc_providers: oidc_providers.into(),
        server_certificates: server_certificates.into(),
        public_access_block: public_access_block.into(),
    })
}

async fn start(
    options: &Options,
    run: &Run,
) -> Result<(Session, Identity, Vec<String>), StartError> {
    let session = Session::open(options, run).await?;
    let (identity, regions) = join!(session.identity(), session.regions());
    Ok((session, identity?, regions?))
}

/// Each Region in a task of its own: decoding is work for more than one core.
async fn read_regions(shared: Shared, names: Vec<String>) -> BTreeMap<String, Region> {
    let shared = Arc::new(shared);
    let mut tasks = JoinSet::new();
    let mut regions: BTreeMap<String, Region> = BTreeMap::new();
    for name in names {
        // What a task that panics leaves behind.
        let lost = Gap {
            call: "eks:ListClusters".to_owned(),
            reason: Reason::Malformed,
            detail: "the collector failed".to_owned(),
        };
        regions.insert(name.clone(), region::unread(&lost));
        let shared = Arc::clone(&shared);
        tasks.spawn(async move {
            let region = region::region(&shared, &name).await;
            (name, region)
        });
    }
    drop(shared);
    while let Some(read) = tasks.join_next().await {
        match read {
            Ok((name, region)) => drop(regions.insert(name, region)),
            Err(error) => tracing::error!(%error, "a Region could not be read"),
        }
    }
    regions
}
