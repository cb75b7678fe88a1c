//! The live half of `eksray scan`: accounts and clusters, read at the same time.

mod progress;

use std::{
    collections::BTreeMap,
    env,
    time::{Duration, Instant},
};

use eksray_collect::{
    ClusterAccess, Options, Run, StartError, account,
    kube::{Context, cluster, context, endpoint, in_cluster},
};
use eksray_kube::inventory::Kube;
use eksray_report::{SCHEMA, ScanScope, Snapshot};
use eksray_rule::{ClusterId, Fetched, Gap, Reason};
use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    task::JoinSet,
};

use crate::{
    Stop,
    args::{Include, Scan, Source},
    scan::Read,
};

type Kubes = BTreeMap<ClusterId, Fetched<Kube>>;

pub(crate) fn read(scan: &Scan) -> Result<Read, Stop> {
    log(scan.verbose);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Stop::Start(format!("cannot start: {error}")))?;
    runtime.block_on(run(scan))
}

/// Logs go to standard error. The Kubernetes client may log whole bodies, so it never gets a word in.
fn log(verbose: u8) {
    let filter = match verbose {
        0 => "off",
        1 => "warn,kube_client=off",
        _ => "warn,eksray=debug,eksray_collect=debug,kube_client=off",
    };
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second logger in one process is no reason to fail.
    drop(format.try_init());
}

async fn run(scan: &Scan) -> Result<Read, Stop> {
    let started = Instant::now();
    let run = Run {
        progress: progress::shown(scan.quiet),
        stop: eksray_collect::Stop::after(Duration::from_secs(scan.source.timeout)),
        config_maps: scan.source.include.contains(&Include::ConfigMaps),
        ..Run::default()
    };
    stop_on_signal(run.stop.clone())?;
    let mut snapshot = Snapshot {
        schema: SCHEMA,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
        taken_at: scan.at.unwrap_or_else(Timestamp::now),
        scope: scope(&scan.source),
        accounts: Vec::new(),
        kubes: BTreeMap::new(),
    };
    let mut incomplete = false;
    if scan.source.kubeconfig.is_some() {
        let which =
            Context { file: scan.source.kubeconfig.clone(), name: scan.source.context.clone() };
        alone(context(&which, None).await, &run, &mut snapshot).await?;
    } else {
        match Box::pin(estate(&scan.source, &run, &mut snapshot)).await {
            Err(StartError::NoCredentials) if env::var_os("KUBERNETES_SERVICE_HOST").is_some() => {
                alone(in_cluster().await, &run, &mut snapshot).await?;
            }
            answer => answer.map_err(|error| Stop::Start(error.to_string()))?,
        }
    }
    for name in missing(&scan.source.clusters, &snapshot) {
        crate::scan::note(&format!(
            "eksray: no cluster `{name}` was found in the Regions in scope"
        ));
        incomplete = true;
    }
    let interrupted =
        incomplete || run.stop.was_asked() || started.elapsed().as_secs() >= scan.source.timeout;
    let summary = summary(&run, started.elapsed());
    Ok(Read { snapshot, interrupted, summary })
}

/// Clusters that were asked for by name or ARN and that no Region has.
fn missing<'a>(wanted: &'a [String], snapshot: &Snapshot) -> Vec<&'a str> {
    let found = |it: &&String| snapshot.kubes.keys().any(|id| *it == id.name() || **it == id.0);
    wanted.iter().filter(|it| !found(it)).map(String::as_str).collect()
}

fn scope(source: &Source) -> ScanScope {
    ScanScope {
        regions: source.regions.clone(),
        clusters: source.clusters.clone(),
        without_aws: source.kubeconfig.is_some(),
        without_kubernetes: source.without_kubernetes,
    }
}

/// Ctrl-C and SIGTERM end the reading; what is known is still reported.
fn stop_on_signal(stop: eksray_collect::Stop) -> Result<(), Stop> {
    let failed = |error| Stop::Start(format!("cannot watch for signals: {error}"));
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        stop.now();
    });
    Ok(())
}

/// One cluster without its account: it goes by the UID of its namespace `kube-system`.
async fn alone(
    client: Result<eksray_collect::kube::Client, Gap>,
    run: &Run,
    snapshot: &mut Snapshot,
) -> Result<(), Stop> {
    snapshot.scope.without_aws = true;
    let client =
        client.map_err(|gap| Stop::Start(format!("cannot use the kubeconfig: {}", gap.detail)))?;
    let unnamed = ClusterId("kube:unknown".to_owned());
    let kube = cluster(client, &unnamed, run).await;
    let id = match kube.known() {
        Ok(kube) if !kube.uid.is_empty() => ClusterId(format!("kube:{}", kube.uid)),
        _ => unnamed,
    };
    snapshot.kubes.insert(id, kube);
    Ok(())
}

/// The account, and every cluster of it as soon as its endpoint is known.
async fn estate(source: &Source, run: &Run, snapshot: &mut Snapshot) -> Result<(), StartError> {
    let options = Options {
        profile: source.profile.clone(),
        regions: source.regions.clone(),
        clusters: source.clusters.clone(),
        assume_role: source
            .assume_role
            .clone()
            .map(|arn| eksray_collect::AssumeRole { arn, external_id: source.external_id.clone() }),
        ..Options::default()
    };
    let (found, clusters) = mpsc::unbounded_channel();
    let (account, mut kubes) =
        tokio::join!(account(&options, run, found), all_clusters(source, run, clusters));
    let account = account?;
    for (name, region) in &account.regions {
        let clusters = region.clusters.known().map(Vec::as_slice).unwrap_or_default();
        for cluster in clusters {
            let (partition, id) = (&account.partition, &account.id);
            let arn = format!("arn:{partition}:eks:{name}:{id}:cluster/{}", cluster.name);
            kubes.entry(ClusterId(arn)).or_insert_with(|| {
                Fetched::unread(not_reached(cluster.described.gap(), source.without_kubernetes))
            });
        }
    }
    snapshot.accounts.push(account);
    snapshot.kubes = kubes;
    Ok(())
}

/// Why nobody tried an API server.
fn not_reached(undescribed: Option<&Gap>, unwanted: bool) -> Gap {
    match undescribed {
        Some(gap) => gap.clone(),
        None => Gap {
            call: "connect to the API server".to_owned(),
            reason: Reason::NotCollected,
            detail: if unwanted { "out of scope" } else { "not an EKS control plane" }.to_owned(),
        },
    }
}

async fn all_clusters(
    source: &Source,
    run: &Run,
    mut found: mpsc::UnboundedReceiver<ClusterAccess>,
) -> Kubes {
    let mut tasks = JoinSet::new();
    while let Some(access) = found.recv().await {
        if source.without_kubernetes {
            continue;
        }
        let tunnel = source
            .kube_contexts
            .iter()
            .find(|(cluster, _)| *cluster == access.name || *cluster == access.id.0);
        let tunnel = tunnel.map(|(_, name)| Context { file: None, name: Some(name.clone()) });
        let run = run.clone();
        tasks.spawn(async move {
            let client = match &tunnel {
                Some(which) => context(which, Some(&access)).await,
                None => endpoint(&access).await,
            };
            let kube = match client {
                Ok(client) => cluster(client, &access.id, &run).await,
                Err(gap) => Fetched::unread(gap),
            };
            (access.id.clone(), with_ways_in(kube, &access))
        });
    }
    tasks.join_all().await.into_iter().collect()
}

/// A private endpoint that nobody reaches from here is told how it can be reached.
fn with_ways_in(kube: Fetched<Kube>, access: &ClusterAccess) -> Fetched<Kube> {
    match kube.gap() {
        Some(gap) if access.private_only && gap.reason != Reason::Denied => {
            let detail = format!(
                "{}; its endpoint is private: run inside its network, set HTTPS_PROXY, or tunnel and name \
                 the context with --kube-context {}=<context>",
                gap.detail, access.name
            );
            Fetched::unread(Gap { detail, ..gap.clone() })
        }
        _ => kube,
    }
}

/// Calls, throttles and time, for standard error.
fn summary(run: &Run, elapsed: Duration) -> Vec<String> {
    let counts = run.calls.counts();
    let requests: u64 = counts.values().map(|it| it.requests).sum();
    let throttled: u64 = counts.values().map(|it| it.throttled).sum();
    let mut lines = vec![format!(
        "{requests} requests to {} APIs, {throttled} throttled, {:.1} s",
        counts.len(),
        elapsed.as_secs_f64()
    )];
    if throttled > 0 {
        let slow = counts.iter().filter(|(_, it)| it.throttled > 0);
        lines.extend(slow.map(|(call, it)| format!("throttled: {call} {} times", it.throttled)));
    }
    lines
}
