//! Reads a cluster through its API server.
//!
//! Only GETs are sent, and none that answers with a Secret. Three lists travel at once, pods first; while a
//! page is decoded the next one travels. What cannot be read is a gap, never a shorter list.

mod client;
mod custom;
mod desk;
mod discovery;
mod list;
mod request;
#[cfg(test)]
mod tests;

pub use client::{Context, context, endpoint, in_cluster};

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use eksray_kube::{
    inventory::{
        Kube,
        aws_auth::{AwsAuth, ConfigMap},
        cluster::Version,
        netpol::{VpcCni, VpcCniMap},
    },
    resource::{ALL, OPT_IN, Slot},
};
use eksray_rule::{ClusterId, Fetched, Gap, Reason};
use futures::future::{BoxFuture, join_all};
pub use kube::Client;
use serde::{Deserialize, de::DeserializeOwned};

use crate::{Event, Run};
use desk::Desk;
use list::Listing;
use request::{Failure, Part, Server};

/// What a gap of a whole cluster names: a network path and a login that the API server takes.
pub const CONNECT: &str = "connect to the API server";

/// As many lists at once as an API server should be asked for by somebody who only looks.
const LISTS: usize = 3;

/// Reads everything that rules need of a cluster.
///
/// Gaps stand where they belong; a server that gives no answer at all, or knows nobody by this login, is one gap.
/// Boxed for the reason that [`crate::account`] is.
pub fn cluster<'a>(
    client: Client,
    id: &'a ClusterId,
    run: &'a Run,
) -> BoxFuture<'a, Fetched<Kube>> {
    Box::pin(async move {
        let server = Server::new(client, run.clone());
        let result = read(&server, id).await;
        run.progress.tell(Event::ClusterDone(id.clone()));
        result.into()
    })
}

async fn read(server: &Server, id: &ClusterId) -> Result<Kube, Gap> {
    let (desk, kube) = Desk::open();
    let lists = async {
        lists(server, &desk, id).await;
        Ok(())
    };
    // One after the other: each at once would be a connection, whose handshake costs more than the answer.
    let objects = async {
        let version = match version(server).await {
            Err(failure) if !server.has_answered() => return Err(failure.gap(CONNECT)),
            version => version.map_err(|it| it.gap("get /version")),
        };
        Ok((version, uid(server).await, aws_auth(server).await, vpc_cni(server).await))
    };
    let ((), (version, uid, aws_auth, vpc_cni)) = futures::try_join!(lists, objects)?;
    desk.run(move |builder| {
        builder.version(version.into());
        builder.aws_auth(aws_auth.into());
        builder.vpc_cni(vpc_cni.into());
        builder.uid(uid.unwrap_or_default());
    })
    .await;
    drop(desk);
    kube.await.map_err(|_| Gap {
        call: CONNECT.to_owned(),
        reason: Reason::Malformed,
        detail: "decoding stopped".to_owned(),
    })
}

/// Works the lists off, [`LISTS`] at a time and in their order. Definitions come early: what they define is
/// listed too.
async fn lists(server: &Server, desk: &Desk, id: &ClusterId) {
    let (definitions, others): (Vec<_>, Vec<_>) =
        ALL.iter().partition(|it| it.slot == Slot::CustomResourceDefinitions);
    let asked_for = OPT_IN.iter().filter(|_| server.run.config_maps);
    let mut queue: VecDeque<Listing> =
        others.into_iter().chain(asked_for).map(Listing::BuiltIn).collect();
    for definitions in definitions {
        queue.insert(1.min(queue.len()), Listing::BuiltIn(definitions));
    }
    let queue = Mutex::new(queue);
    let worker = async || {
        while let Some(listing) = take(&queue) {
            list::list(server, desk, &listing).await;
            server
                .run
                .progress
                .tell(Event::Kind { cluster: id.clone(), kind: listing.plural().to_owned() });
            if listing.defines_kinds() {
                let kinds = custom::kinds(server, desk).await.into_iter().map(Listing::Custom);
                queue.lock().unwrap_or_else(PoisonError::into_inner).extend(kinds);
            }
        }
    };
    join_all((0..LISTS).map(|_| worker())).await;
}

fn take(queue: &Mutex<VecDeque<Listing>>) -> Option<Listing> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

async fn version(server: &Server) -> Result<Version, Failure> {
    let bytes = server.get("get /version", "/version", Part::Whole).await?;
    let version: Version = request::json(&bytes)?;
    if version.git_version.is_empty() {
        return Err(Failure::malformed("no gitVersion"));
    }
    Ok(version)
}

/// The identity of a cluster is that of its namespace `kube-system`.
async fn uid(server: &Server) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Object {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        uid: String,
    }
    let path = "/api/v1/namespaces/kube-system";
    let bytes = server.get("get namespaces/kube-system", path, Part::Whole).await?;
    request::json::<Object>(&bytes).map(|it| it.metadata.uid)
}

async fn aws_auth(server: &Server) -> Result<Option<AwsAuth>, Gap> {
    let map = config_map::<ConfigMap>(server, "get configmaps/aws-auth", "aws-auth").await?;
    Ok(map.map(Into::into))
}

async fn vpc_cni(server: &Server) -> Result<Option<VpcCni>, Gap> {
    let call = "get configmaps/amazon-vpc-cni";
    let map = config_map::<VpcCniMap>(server, call, "amazon-vpc-cni").await?;
    Ok(map.map(Into::into))
}

/// A ConfigMap of `kube-system`; none is an answer.
async fn config_map<T: DeserializeOwned>(
    server: &Server,
    call: &'static str,
    name: &str,
) -> Result<Option<T>, Gap> {
    let path = format!("/api/v1/namespaces/kube-system/configmaps/{name}");
    let map = match server.get(call, &path, Part::Whole).await {
        Ok(bytes) => request::object::<T>(&bytes, "ConfigMap").map(Some),
        Err(Failure::NotFound(body)) if request::says_not_found(&body, name) => Ok(None),
        Err(failure) => Err(failure),
    };
    map.map_err(|it| it.gap(call))
}
