//! Log groups that hold what happens in clusters.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Entry, Gap, Outcome, Subject, Verdict, any};

use super::{Check, RegionContext, items, network::own_clusters, outcome};
use crate::inventory::{ec2::FlowLog, logs::LogGroup};

/// Where control planes and Container Insights write, the cluster's name following.
const PREFIXES: [&str; 2] = ["/aws/eks/", "/aws/containerinsights/"];

/// Control-plane and container log groups of clusters, and those that flow logs of their VPCs write to.
pub(super) fn log_groups(
    entry: &Entry<Check>,
    region: &RegionContext<'_>,
    check: fn(&LogGroup, &RegionContext<'_>) -> Verdict,
    outcomes: &mut Vec<Outcome>,
) {
    if own_clusters(region).next().is_none() && region.region.clusters.gap().is_none() {
        return;
    }
    let mut gaps: Vec<Gap> = Vec::new();
    gaps.extend(region.region.clusters.gap().cloned());
    gaps.extend(region.region.log_groups.gap().cloned());
    let flow = of_flow_logs(region, &mut gaps);
    for group in items(&region.region.log_groups) {
        let name = group.log_group_name.as_str();
        let mut clusters = flow.get(name).cloned().unwrap_or_default();
        for cluster in own_clusters(region) {
            let of_cluster = |rest: &str| rest.split('/').next() == Some(&cluster.name);
            if PREFIXES.iter().any(|it| name.strip_prefix(it).is_some_and(of_cluster)) {
                clusters.insert(region.cluster_id(&cluster.name));
            }
        }
        if clusters.is_empty() {
            continue;
        }
        let subject = Subject::aws(region.arn("logs", &format!("log-group:{name}")));
        let scope = region.scope(clusters.into_iter().collect());
        outcomes.push(outcome(entry, subject, scope, check(group, region)));
    }
    if !gaps.is_empty() {
        let scope = region.scope(super::clusters_of(region));
        outcomes.push(outcome(entry, region.subject(), scope, any(gaps.into_iter().map(Err))));
    }
}

/// Clusters in the VPC of each flow log, by its log group.
fn of_flow_logs<'a>(
    region: &RegionContext<'a>,
    gaps: &mut Vec<Gap>,
) -> BTreeMap<&'a str, BTreeSet<ClusterId>> {
    let mut found: BTreeMap<&str, BTreeSet<ClusterId>> = BTreeMap::new();
    gaps.extend(region.region.flow_logs.gap().cloned());
    for log in items(&region.region.flow_logs) {
        let Some(group) = log.log_group_name.as_deref() else { continue };
        let vpc = match vpc(region, log) {
            Ok(vpc) => vpc,
            Err(gap) => {
                gaps.push(gap);
                continue;
            }
        };
        for cluster in own_clusters(region) {
            match cluster.described.known() {
                Err(gap) => gaps.push(gap),
                Ok(it) if it.vpc_id.is_some() && it.vpc_id.as_deref() == vpc => {
                    found.entry(group).or_default().insert(region.cluster_id(&cluster.name));
                }
                Ok(_) => {}
            }
        }
    }
    found
}

/// The VPC that a flow log looks at, wholly or in part; none for a transit gateway.
fn vpc<'a>(region: &RegionContext<'a>, log: &'a FlowLog) -> Result<Option<&'a str>, Gap> {
    let id = log.resource_id.as_str();
    Ok(match id.split('-').next() {
        Some("vpc") => Some(id),
        Some("subnet") => {
            let subnets = region.region.subnets.known()?;
            subnets.iter().find(|it| it.subnet_id == id).map(|it| it.vpc_id.as_str())
        }
        Some("eni") => {
            let interfaces = region.region.network_interfaces.known()?;
            interfaces.iter().find(|it| it.network_interface_id == id).map(|it| it.vpc_id.as_str())
        }
        _ => None,
    })
}
