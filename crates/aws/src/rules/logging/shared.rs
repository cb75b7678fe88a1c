//! Who reads the audit log, and who else may; what flow logs and recorders take.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Fetched, Gap, Judgement, Reason, Verdict, any};

use crate::{
    RegionContext,
    iam::{Document, shared_with},
    inspect::first,
    inventory::{
        config::{ConfigurationRecorder, RecorderStatus},
        ec2::FlowLog,
        eks::Cluster,
        logs::{Alarm, Detector, LogGroup, Metric, ResourcePolicy},
    },
};

/// Reading, or sending on what is written.
const READS: [&str; 5] = [
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutSubscriptionFilter",
    "logs:StartLiveTail",
    "logs:StartQuery",
];

/// Writing, and making what was written go away.
const WRITES: [&str; 4] =
    ["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutLogEvents", "logs:PutRetentionPolicy"];

/// What resource policies let outsiders do to a log group.
pub(super) fn exposed(
    policies: &Fetched<Vec<ResourcePolicy>>,
    group: &LogGroup,
    region: &RegionContext<'_>,
) -> Verdict {
    let arn = region.arn("logs", &format!("log-group:{}", group.log_group_name));
    let targets = [arn.clone(), format!("{arn}:*"), format!("{arn}:log-stream:*")];
    let account = region.account;
    let is_own = |it: &str| {
        it == account.account.id || account.settings.trusted_accounts.iter().any(|own| own == it)
    };
    let (mut facts, mut unread) = (Vec::new(), None);
    for policy in policies.known()? {
        let document = Document::parse(&policy.policy_name, &policy.policy_document);
        let mut let_in: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        let kinds = [("read", READS.as_slice()), ("write", WRITES.as_slice())];
        for (kind, action) in
            kinds.iter().flat_map(|(kind, it)| it.iter().map(move |it| (kind, it)))
        {
            for target in &targets {
                for who in shared_with(&document, action, target, is_own) {
                    let_in.entry(who).or_default().insert(kind);
                }
            }
        }
        let name = if policy.policy_name.is_empty() { "of the group" } else { &policy.policy_name };
        facts.extend(let_in.into_iter().map(|((statement, who), kinds)| {
            let kinds: Vec<_> = kinds.into_iter().collect();
            format!("policy {name}, {statement}: {who} may {} it", kinds.join(" and "))
        }));
        unread = unread.or(document.gap);
    }
    let gap = unread.map(|it| Gap { call: "logs:DescribeResourcePolicies".to_owned(), ..it });
    any([Ok(Judgement::of(first(facts))), gap.map_or_else(|| Ok(Judgement::pass()), Err)])
}

/// What tells somebody of events, or what is missing for that.
pub(super) type Told = Result<String, String>;

/// A detector of the Region reads the audit logs.
pub(super) fn by_guardduty(region: &RegionContext<'_>) -> Result<Told, Gap> {
    let off = || Ok(Err("EKS_AUDIT_LOGS of GuardDuty is not enabled".to_owned()));
    let detectors = match region.region.detectors.known() {
        Err(gap) if gap.reason == Reason::NotSupported => return off(),
        answer => answer?,
    };
    let on = |it: Option<&String>| it.is_some_and(|it| it == "ENABLED");
    let reads = |it: &Detector| on(Some(&it.status)) && on(it.features.get("EKS_AUDIT_LOGS"));
    if detectors.iter().filter_map(|it| it.known().ok()).any(reads) {
        return Ok(Ok("GuardDuty reads the audit log".to_owned()));
    }
    detectors.iter().find_map(|it| it.gap()).map_or_else(off, |it| Err(it.clone()))
}

/// A subscription sends events elsewhere.
pub(super) fn by_subscription(group: &LogGroup) -> Result<Told, Gap> {
    let filters = group.subscription_filters.known()?;
    Ok(match filters.first() {
        Some(destination) => Ok(format!("subscription filter to {destination}")),
        None => Err("no subscription filter".to_owned()),
    })
}

/// An alarm that does something rests on a metric filter.
pub(super) fn by_alarm(group: &LogGroup, region: &RegionContext<'_>) -> Result<Told, Gap> {
    let filters = group.metric_filters.known()?;
    if filters.is_empty() {
        return Ok(Err("no metric filter".to_owned()));
    }
    let alarms = region.region.alarms.known()?;
    let on_filters: Vec<&Alarm> =
        filters.iter().flat_map(|it| &it.metrics).flat_map(|it| on_metric(alarms, it)).collect();
    let acts = |it: &&&Alarm| it.actions_enabled && !it.alarm_actions.is_empty();
    Ok(match (on_filters.iter().find(acts), on_filters.first()) {
        (Some(alarm), _) => Ok(format!("alarm {} on a metric filter", alarm.alarm_name)),
        (None, None) => Err("no alarm on the metric filters".to_owned()),
        (None, Some(it)) if !it.actions_enabled => {
            Err(format!("alarm {}: ActionsEnabled = false", it.alarm_name))
        }
        (None, Some(it)) => Err(format!("alarm {}: AlarmActions is empty", it.alarm_name)),
    })
}

/// Alarms on a metric: on itself, or on an alarm on it.
fn on_metric<'a>(alarms: &'a [Alarm], metric: &Metric) -> Vec<&'a Alarm> {
    let direct: Vec<&Alarm> = alarms.iter().filter(|it| it.metrics.contains(metric)).collect();
    let rests_on_one = |it: &&Alarm| {
        let rule = it.alarm_rule.as_deref().unwrap_or_default();
        direct.iter().any(|it| rule.contains(&it.alarm_name))
    };
    let composite: Vec<&Alarm> = alarms.iter().filter(rests_on_one).collect();
    direct.into_iter().chain(composite).collect()
}

/// Subnets of a VPC that hold control planes or nodes, and why those clusters may have more.
pub(super) fn subnets_in<'a>(
    vpc: &str,
    clusters: &[&Cluster],
    region: &RegionContext<'a>,
) -> Result<(Vec<&'a str>, Vec<Gap>), Gap> {
    let nodes = region.node_subnets()?;
    let described = clusters.iter().filter_map(|it| it.described.known().ok());
    let control_planes: BTreeSet<&String> = described.flat_map(|it| &it.subnet_ids).collect();
    let ids = clusters.iter().map(|it| region.cluster_id(&it.name));
    let gaps = ids.filter_map(|it| nodes.gaps.get(&it)).flatten().cloned().collect();
    let within = region.region.subnets.known()?.iter().filter(|it| it.vpc_id == vpc);
    let used = within.filter(|it| {
        control_planes.contains(&it.subnet_id) || nodes.subnets.contains_key(it.subnet_id.as_str())
    });
    Ok((used.map(|it| it.subnet_id.as_str()).collect(), gaps))
}

/// Refused traffic is what tells of a scan; two logs may share the work.
pub(super) fn covers(logs: &[&FlowLog]) -> bool {
    let works = |it: &&&FlowLog| {
        it.flow_log_status == "ACTIVE" && it.deliver_logs_status.as_deref() != Some("FAILED")
    };
    logs.iter().filter(works).any(|it| it.traffic_type != "ACCEPT")
}

/// Why a flow log does not cover.
pub(super) fn fault(log: &FlowLog) -> String {
    let FlowLog { flow_log_id, resource_id, flow_log_status: status, .. } = log;
    let what = match log.deliver_logs_status.as_deref() {
        _ if status != "ACTIVE" => format!("FlowLogStatus = {status}"),
        Some("FAILED") => "DeliverLogsStatus = FAILED".to_owned(),
        _ => format!("TrafficType = {}", log.traffic_type),
    };
    format!("{flow_log_id} of {resource_id}: {what}")
}

/// Why a recorder does not record, if so.
pub(super) fn idle(recorder: &ConfigurationRecorder) -> Result<Option<String>, Gap> {
    let RecorderStatus { recording, last_status } = recorder.status.known()?;
    Ok(match last_status.as_deref() {
        _ if !recording => Some(format!("recorder {}: recording = false", recorder.name)),
        Some(it) if it.eq_ignore_ascii_case("failure") => {
            Some(format!("recorder {}: lastStatus = {it}", recorder.name))
        }
        _ => None,
    })
}

/// Whether a resource type is in the recording group.
pub(super) fn records(recorder: &ConfigurationRecorder, kind: &str) -> bool {
    let has = |types: &[String]| types.iter().any(|it| it == kind);
    match recorder.strategy.as_deref() {
        Some("EXCLUSION_BY_RESOURCE_TYPES") => !has(&recorder.excluded_resource_types),
        _ if recorder.all_supported => {
            recorder.include_global_resource_types || !kind.starts_with("AWS::IAM::")
        }
        _ => has(&recorder.resource_types),
    }
}

/// IAM is the same in every Region: one recorder of a type of it is enough.
pub(super) fn recorded_somewhere(region: &RegionContext<'_>, kind: &str) -> Verdict {
    let mut gap: Option<Gap> = None;
    for other in region.account.regions() {
        let recorders = match other.region.configuration_recorders.known() {
            Err(it) if it.reason == Reason::NotSupported => continue,
            Err(it) => {
                gap.get_or_insert(it);
                continue;
            }
            Ok(it) => it,
        };
        for recorder in recorders.iter().filter(|it| records(it, kind)) {
            match idle(recorder) {
                Ok(None) => return Ok(Judgement::pass()),
                Ok(Some(_)) => {}
                Err(it) => _ = gap.get_or_insert(it),
            }
        }
    }
    let fact = format!("no recorder of any Region that was read records {kind}");
    gap.map_or_else(|| Ok(Judgement::of(vec![fact])), Err)
}
