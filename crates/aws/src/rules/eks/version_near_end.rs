use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, RegionContext, Rule, calendar::look_up, inventory::eks::Cluster, node_pool::missing,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    let unsupported = Judgement::not_applicable("judged by eks-version-unsupported");
    if described.health_issues.iter().any(|it| it == "UnsupportedVersion") {
        return Ok(unsupported);
    }
    let entry = look_up(region, &described.version)?;
    let Some(it) = entry.version else { return Ok(unsupported) };
    let (status, now) = (it.version_status.as_deref(), region.account.now);
    let (standard, extended) = (it.end_of_standard_support_date, it.end_of_extended_support_date);
    if status == Some("UNSUPPORTED") || extended.is_some_and(|it| it < now) {
        return Ok(unsupported);
    }
    let is_extended = match (status, standard) {
        (Some("EXTENDED_SUPPORT"), _) => true,
        (Some("STANDARD_SUPPORT"), _) | (_, Some(_)) => false,
        _ => return Err(missing("eks:DescribeClusterVersions", "known versionStatus")),
    };
    let age = entry.stand_in.as_ref().map(|(age, _)| age.clone());
    let window = i64::from(region.account.settings.support_window);
    let is_near = standard.is_some_and(|it| it.duration_since(now).as_hours() <= window * 24);
    if !is_extended && !is_near {
        return Ok(Judgement::Pass { facts: age.into_iter().collect() });
    }
    let mut facts: Vec<String> = status
        .map(|it| format!("versionStatus of {} is {it}", described.version))
        .into_iter()
        .collect();
    let ends = [("endOfStandardSupportDate", standard), ("endOfExtendedSupportDate", extended)];
    facts.extend(ends.into_iter().filter_map(|(name, end)| {
        let end = end?;
        let days = end.duration_since(now).as_hours() / 24;
        let verb = if end < now { "was" } else { "is" };
        let left = if end < now { String::new() } else { format!(", {days} days left") };
        Some(format!("{name} of {} {verb} {}{left}", described.version, end.strftime("%F")))
    }));
    facts.extend(
        described.support_type.iter().map(|it| format!("upgradePolicy.supportType = {it}")),
    );
    facts.extend(age);
    let not_considered = entry.stand_in.into_iter().map(|(_, gap)| gap).collect();
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
