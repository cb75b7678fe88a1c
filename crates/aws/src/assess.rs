//! What Inspector and Systems Manager say of the running instances of a pool.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Fetched, Gap, Judgement, Reason, Verdict, any};
use jiff::{SignedDuration, Timestamp};

use crate::{
    RegionContext,
    inspect::{few, items},
    inventory::{
        assess::{InspectorCoverage, InspectorFindings, PatchState},
        ec2::Instance,
    },
    node_pool::{NodePool, missing},
};

/// A scan that is older than this says nothing of today.
const STALE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Inspector cannot scan the system, or has not begun.
const EXCUSED: [&str; 2] = ["UNSUPPORTED_OS", "PENDING_INITIAL_SCAN"];

/// Whether Inspector scans every instance.
pub(crate) fn scanned(running: &[&Instance], region: &RegionContext<'_>) -> Verdict {
    let inspector = &region.region.inspector;
    let Some(status) = here(&inspector.status)? else {
        return Ok(Judgement::not_applicable("Inspector does not exist in this Region"));
    };
    if status.ec2 != "ENABLED" {
        return Ok(Judgement::of(vec![format!(
            "Inspector: resourceState.ec2.status = {}",
            status.ec2
        )]));
    }
    let coverage = inspector.coverage.known()?;
    let (mut reasons, mut unknown) = (Reasons::new(), Vec::new());
    for instance in running {
        let id = instance.instance_id.as_str();
        let found = coverage.iter().find(|it| it.instance_id == id);
        match found.map_or(Ok(Some("no coverage".to_owned())), |it| unscanned(it, region)) {
            Ok(reason) => reasons.entry(reason).or_default().push(id.to_owned()),
            Err(gap) => unknown.push(Err(gap)),
        }
    }
    any(unknown.into_iter().chain([Ok(facts("Inspector: ", reasons))]))
}

/// Instances by what is wrong with them; under none those that are fine.
type Reasons = BTreeMap<Option<String>, Vec<String>>;

fn facts(who: &str, reasons: Reasons) -> Judgement {
    let wrong = reasons.into_iter().filter_map(|(reason, ids)| Some((reason?, ids)));
    Judgement::of(wrong.map(|(reason, ids)| format!("{who}{reason}: {}", few(ids))).collect())
}

/// The answer, or none where the service does not exist.
fn here<T>(answer: &Fetched<T>) -> Result<Option<&T>, Gap> {
    match answer.known() {
        Err(gap) if gap.reason == Reason::NotSupported => Ok(None),
        answer => answer.map(Some),
    }
}

fn unscanned(it: &InspectorCoverage, region: &RegionContext<'_>) -> Result<Option<String>, Gap> {
    if EXCUSED.contains(&it.reason.as_str()) {
        return Ok(None);
    }
    if it.status_code != "ACTIVE" {
        return Ok(Some(format!("{} ({})", it.status_code, it.reason)));
    }
    let last = it.last_scanned_at.ok_or_else(|| {
        missing("inspector2:ListCoverage", &format!("lastScannedAt of {}", it.instance_id))
    })?;
    let stale = region.account.now.duration_since(last) > STALE;
    Ok(stale.then(|| format!("lastScannedAt {}", last.strftime("%F"))))
}

/// Whether Systems Manager reaches every instance; Bottlerocket may run without its agent.
pub(crate) fn reached(
    pool: &NodePool<'_>,
    running: &[&Instance],
    region: &RegionContext<'_>,
) -> Verdict {
    let Some(managed) = here(&region.region.systems_manager.managed_instances)? else {
        return Ok(Judgement::not_applicable("Systems Manager does not exist in this Region"));
    };
    let mut parts = Vec::new();
    let mut reasons = Reasons::new();
    for instance in running {
        let id = instance.instance_id.as_str();
        let status =
            managed.iter().find(|it| it.instance_id == id).map(|it| it.ping_status.as_str());
        if status == Some("Online") {
            continue;
        }
        match is_bottlerocket(pool, instance, region) {
            Ok(true) => continue,
            Ok(false) => {}
            Err(gap) => parts.push(Err(gap)),
        }
        let reason = status.map_or("no PingStatus".to_owned(), |it| format!("PingStatus = {it}"));
        reasons.entry(Some(reason)).or_default().push(id.to_owned());
    }
    parts.push(Ok(facts("Systems Manager: ", reasons)));
    any(parts)
}

fn is_bottlerocket(
    pool: &NodePool<'_>,
    instance: &Instance,
    region: &RegionContext<'_>,
) -> Result<bool, Gap> {
    let kind = pool.nodegroup.as_ref().and_then(|it| it.as_ref().ok()?.ami_type.as_deref());
    if let Some(kind) = kind.filter(|it| *it != "CUSTOM") {
        return Ok(kind.starts_with("BOTTLEROCKET_"));
    }
    let images = region.region.images.known()?;
    let image = images.iter().find(|it| it.image_id == instance.image_id);
    Ok(image.is_some_and(|it| it.name.starts_with("bottlerocket-")))
}

/// Vulnerabilities that call for action.
pub(crate) fn vulnerable(running: &[&Instance], region: &RegionContext<'_>) -> Verdict {
    let inspector = &region.region.inspector;
    let Some(findings) = here(&inspector.findings)? else { return Ok(Judgement::pass()) };
    let is_running = |id: &str| running.iter().any(|it| it.instance_id == id);
    let own: Vec<_> = findings.iter().filter(|it| is_running(&it.instance_id)).collect();
    let facts = counted(&own, region);
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let exploited = inspector.known_exploited.known().map(|all| {
        let own = all.iter().filter(|it| it.instance_ids.iter().any(|it| is_running(it)));
        let mut own: Vec<_> = own.map(|it| (it.date_due, it.vulnerability_id.as_str())).collect();
        own.sort_by_key(|(due, id)| (due.is_none(), *due, *id));
        let told: Vec<String> = own.iter().map(|(due, id)| exploited(id, *due, region)).collect();
        let facts = (!told.is_empty()).then(|| format!("known exploited: {}", few(told)));
        Judgement::of(facts.into_iter().collect())
    });
    any([exploited, Ok(Judgement::of(facts))])
}

fn exploited(id: &str, due: Option<Timestamp>, region: &RegionContext<'_>) -> String {
    match due {
        Some(due) if due < region.account.now => {
            format!("{id} (dateDue {} passed)", due.strftime("%F"))
        }
        Some(due) => format!("{id} (dateDue {})", due.strftime("%F")),
        None => id.to_owned(),
    }
}

fn counted(own: &[&InspectorFindings], region: &RegionContext<'_>) -> Vec<String> {
    let grace = region.account.settings.vuln_grace;
    let limit = SignedDuration::from_hours(i64::from(grace) * 24);
    let is_late = |it: &jiff::civil::Date| {
        let day = it.to_zoned(jiff::tz::TimeZone::UTC).map(|it| it.timestamp());
        day.is_ok_and(|it| region.account.now.duration_since(it) > limit)
    };
    let late = |it: &InspectorFindings| -> u32 {
        it.fixable_high.iter().filter(|it| is_late(it.0)).map(|it| it.1).sum()
    };
    let counts: [(u32, String); 3] = [
        (own.iter().map(|it| it.critical).sum(), "of severity CRITICAL".to_owned()),
        (own.iter().map(|it| it.exploitable).sum(), "with exploitAvailable = YES".to_owned()),
        (
            own.iter().map(|it| late(it)).sum(),
            format!(
                "of severity HIGH with fixAvailable = YES, observed for more than {grace} days"
            ),
        ),
    ];
    let mut facts: Vec<String> = counts
        .into_iter()
        .filter(|it| it.0 > 0)
        .map(|(count, what)| format!("findings {what}: {count}"))
        .collect();
    if facts.is_empty() {
        return facts;
    }
    let bad = own.iter().filter(|it| it.critical + it.exploitable + late(it) > 0);
    let bad: Vec<&InspectorFindings> = bad.copied().collect();
    facts.push(format!("on {}", few(bad.iter().map(|it| it.instance_id.clone()))));
    let worst: BTreeSet<(usize, &str)> = bad
        .iter()
        .flat_map(|it| it.worst.iter().enumerate().map(|(rank, id)| (rank, id.as_str())))
        .collect();
    let mut ids: Vec<String> = Vec::new();
    for (_, id) in worst {
        if ids.len() < 5 && !ids.iter().any(|it| it == id) {
            ids.push(id.to_owned());
        }
    }
    facts.push(format!("worst: {}", ids.join(", ")));
    let days = bad.iter().filter_map(|it| it.fixable_high.keys().next()).map(ToString::to_string);
    let first = bad.iter().filter_map(|it| it.first_observed_at);
    let oldest = first.map(|it| it.strftime("%F").to_string()).chain(days).min();
    facts.extend(oldest.map(|it| format!("oldest firstObservedAt {it}")));
    facts
}

type Count = fn(&PatchState) -> u32;

/// Patches that are missing or failed.
pub(crate) fn unpatched(running: &[&Instance], region: &RegionContext<'_>) -> Verdict {
    let Some(states) = here(&region.region.systems_manager.patch_states)? else {
        return Ok(Judgement::pass());
    };
    let counts: [(&str, Count); 3] = [
        ("SecurityNonCompliantCount", |it| it.security_non_compliant_count),
        ("CriticalNonCompliantCount", |it| it.critical_non_compliant_count),
        ("FailedCount", |it| it.failed_count),
    ];
    let own = states.iter().filter(|it| running.iter().any(|i| i.instance_id == it.instance_id));
    let own: Vec<&PatchState> = own.collect();
    Ok(Judgement::of(
        counts
            .into_iter()
            .filter_map(|(name, count)| {
                let bad: Vec<_> = own.iter().filter(|it| count(it) > 0).collect();
                let most = bad.iter().map(|it| count(it)).max()?;
                Some(format!(
                    "{name} up to {most} on {}",
                    few(bad.iter().map(|it| it.instance_id.clone()))
                ))
            })
            .collect(),
    ))
}

/// The gap that nobody looks at some of the instances.
pub(crate) fn unseen(running: &[&Instance], region: &RegionContext<'_>) -> Option<Gap> {
    let (inspector, manager) = (&region.region.inspector, &region.region.systems_manager);
    let seen = items(&inspector.coverage).iter().filter(|it| it.status_code == "ACTIVE");
    let seen = seen.map(|it| &it.instance_id);
    let seen = seen.chain(items(&inspector.findings).iter().map(|it| &it.instance_id));
    let seen: BTreeSet<&String> =
        seen.chain(items(&manager.patch_states).iter().map(|it| &it.instance_id)).collect();
    let ids = running.iter().map(|it| &it.instance_id).filter(|it| !seen.contains(it));
    let ids: Vec<String> = ids.cloned().collect();
    if ids.is_empty() {
        return None;
    }
    let unread = [inspector.status.gap(), inspector.coverage.gap(), manager.patch_states.gap()];
    let unread = unread.into_iter().flatten().find(|it| it.reason != Reason::NotSupported).cloned();
    Some(unread.unwrap_or_else(|| {
        let detail = format!("neither Inspector nor Patch Manager looks at {}", few(ids));
        Gap { call: "inspector2:ListCoverage".to_owned(), reason: Reason::NotCollected, detail }
    }))
}
