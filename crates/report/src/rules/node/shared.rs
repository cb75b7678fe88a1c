//! What rules about node pools share.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
};

use eksray_aws::{
    inventory::ec2::{Instance, MetadataOptions, Subnet},
    node_pool::{Launch, NodePool, candidate_subnets, launch, running},
};
use eksray_rule::{Gap, Judgement, NodePoolKind, Reason, Verdict};

use crate::{karpenter, world::ClusterView};

/// Settings of the instance metadata service that are in force somewhere.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// `on i-1, i-2` or `in launch template web version 3`.
    pub(super) place: String,
    /// Whether the endpoint answers.
    pub(super) enabled: bool,
    /// `httpPutResponseHopLimit`.
    pub(super) hops: u64,
}

/// Settings of running instances and of what the next ones are made from, and what could not be read of them.
pub(super) fn metadata(pool: &NodePool<'_>, view: &ClusterView<'_>) -> (Vec<Metadata>, Vec<Gap>) {
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    match running(pool) {
        Err(gap) => gaps.push(gap),
        Ok(instances) => of_instances(&instances, &mut found, &mut gaps),
    }
    match view.aws().and_then(|aws| launch(pool, &aws.region)) {
        Err(gap) => gaps.push(gap),
        Ok(it) => found.extend(it.as_ref().and_then(of_launch)),
    }
    match karpenter::node_class(pool, view) {
        Err(gap) => gaps.push(gap),
        Ok(None) => {}
        Ok(Some(class)) => {
            let options = &class.spec["metadataOptions"];
            found.push(Metadata {
                place: format!("in {} {}", class.kind, class.metadata.name),
                enabled: options["httpEndpoint"] != "disabled",
                // Karpenter and Auto Mode set one hop where a class says nothing.
                hops: options["httpPutResponseHopLimit"].as_u64().unwrap_or(1),
            });
        }
    }
    (found, gaps)
}

fn of_instances(running: &[&Instance], found: &mut Vec<Metadata>, gaps: &mut Vec<Gap>) {
    let mut alike: BTreeMap<(bool, u32), Vec<&str>> = BTreeMap::new();
    for it in running {
        let options = it.metadata_options.clone().unwrap_or_default();
        let MetadataOptions {
            http_endpoint: Some(endpoint),
            http_put_response_hop_limit: Some(hops),
            ..
        } = options
        else {
            let what = format!("metadataOptions of `{}`", it.instance_id);
            gaps.push(malformed("ec2:DescribeInstances", &what));
            continue;
        };
        alike.entry((endpoint != "disabled", hops)).or_default().push(&it.instance_id);
    }
    found.extend(alike.into_iter().map(|((enabled, hops), ids)| Metadata {
        place: format!("on running {}", few(&ids)),
        enabled,
        hops: hops.into(),
    }));
}

/// A limit that a template leaves open is decided at launch: running instances show it.
fn of_launch(launch: &Launch<'_>) -> Option<Metadata> {
    let options = match launch {
        Launch::Template(it) => it.metadata_options.as_ref(),
        Launch::Configuration(it) => it.metadata_options.as_ref(),
    }?;
    Some(Metadata {
        place: format!("in {}", named(launch)),
        enabled: options.http_endpoint.as_deref() != Some("disabled"),
        hops: options.http_put_response_hop_limit?.into(),
    })
}

/// Subnets that a pool may use or whose instances stand in, and what could not be read of them.
pub(super) fn subnets<'a>(
    pool: &NodePool<'a>,
    view: &ClusterView<'a>,
) -> (Vec<&'a Subnet>, Vec<Gap>) {
    let Ok(aws) = view.aws() else { return (Vec::new(), Vec::new()) };
    let region = aws.region.region;
    let (mut ids, mut gaps) = candidate_subnets(pool);
    if pool.kind == NodePoolKind::Asg && pool.auto_scaling_groups.is_empty() {
        gaps.extend(region.auto_scaling_groups.gap().cloned());
    }
    match karpenter::node_class(pool, view)
        .and_then(|it| it.map_or(Ok(Vec::new()), |it| karpenter::selected_subnets(it, &aws.region)))
    {
        Ok(selected) => ids.extend(selected.iter().map(|it| it.subnet_id.as_str())),
        Err(gap) => gaps.push(gap),
    }
    let mut found = Vec::new();
    match region.subnets.known() {
        Err(gap) => gaps.push(gap),
        Ok(listed) => {
            for id in ids {
                match listed.iter().find(|it| it.subnet_id == id) {
                    Some(subnet) => found.push(subnet),
                    None => gaps.push(malformed("ec2:DescribeSubnets", &format!("`{id}`"))),
                }
            }
        }
    }
    (found, gaps)
}

/// What makes addresses of nodes public, as far as it was read: it explains and does not decide.
pub(super) fn addresses(
    pool: &NodePool<'_>,
    view: &ClusterView<'_>,
    subnets: &[&Subnet],
) -> Vec<String> {
    let Ok(aws) = view.aws() else { return Vec::new() };
    let ids: BTreeSet<&str> =
        running(pool).unwrap_or_default().iter().map(|it| it.instance_id.as_str()).collect();
    let mut public = Vec::new();
    for it in aws.region.region.network_interfaces.known().map(Vec::as_slice).unwrap_or_default() {
        let Some(id) = it.instance_id.as_deref().filter(|it| ids.contains(it)) else { continue };
        public.extend(it.public_ip.map(|it| format!("{id} {it}")));
        let global = it.ipv6_addresses.iter().filter(|it| it.segments()[0] & 0xe000 == 0x2000);
        public.extend(global.map(|it| format!("{id} {it}")));
    }
    public.sort();
    let mapping: Vec<&str> = subnets
        .iter()
        .filter(|it| it.map_public_ip_on_launch)
        .map(|it| it.subnet_id.as_str())
        .collect();
    let mut facts = Vec::new();
    if !public.is_empty() {
        facts.push(format!("public addresses: {}", few(&public)));
    }
    if !mapping.is_empty() {
        facts.push(format!("mapPublicIpOnLaunch = true in {}", few(&mapping)));
    }
    if let Ok(Some(launch)) = launch(pool, &aws.region) {
        let associate = match launch {
            Launch::Template(it) => it.associate_public_ip_address,
            Launch::Configuration(it) => it.associate_public_ip_address,
        };
        let name = named(&launch);
        facts.extend(associate.map(|it| format!("associatePublicIpAddress = {it} in {name}")));
    }
    if let Ok(Some(class)) = karpenter::node_class(pool, view) {
        let associate = class.spec["associatePublicIPAddress"].as_bool();
        let name = format!("{} {}", class.kind, class.metadata.name);
        facts.extend(associate.map(|it| format!("associatePublicIPAddress = {it} in {name}")));
    }
    facts
}

fn malformed(call: &str, what: &str) -> Gap {
    let detail = format!("{what} is not in the answer");
    Gap { call: call.to_owned(), reason: Reason::Malformed, detail }
}

/// Accepts the failure of a pool that a setting lists, by name or by subject.
pub(super) fn unless_listed(
    verdict: Verdict,
    pool: &NodePool<'_>,
    (setting, pools): (&str, &[String]),
) -> Verdict {
    let subject = pool.subject();
    let listed = pools.iter().any(|it| *it == pool.name || it == subject.as_str());
    match verdict? {
        Judgement::Fail { facts, .. } if listed => {
            Ok(Judgement::accepted(facts, format!("listed in `{setting}`")))
        }
        judgement => Ok(judgement),
    }
}

/// The first five, and how many more there are.
pub(super) fn few<T: Display>(items: &[T]) -> String {
    let shown: Vec<String> = items.iter().take(5).map(ToString::to_string).collect();
    match items.len().saturating_sub(5) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// What a pool launches from, as facts name it.
pub(super) fn named(launch: &Launch<'_>) -> String {
    match launch {
        Launch::Template(it) => {
            let name = match it.launch_template_name.as_str() {
                "" => &it.launch_template_id,
                name => name,
            };
            format!("launch template {name} version {}", it.version_number)
        }
        Launch::Configuration(it) => {
            format!("launch configuration {}", it.launch_configuration_name)
        }
    }
}
