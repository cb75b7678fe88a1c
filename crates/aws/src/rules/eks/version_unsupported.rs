use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    calendar::{Entry, look_up},
    inventory::eks::Cluster,
    node_pool::missing,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    let reported = described.health_issues.iter().any(|it| it == "UnsupportedVersion");
    let issue = reported.then(|| "health.issues contains UnsupportedVersion".to_owned());
    let by_calendar =
        look_up(region, &described.version).and_then(|it| judge(&described.version, it, region));
    any([Ok(Judgement::of(issue.into_iter().collect())), by_calendar])
}

fn judge(version: &str, entry: Entry, region: &RegionContext<'_>) -> Verdict {
    let mut facts = Vec::new();
    match &entry.version {
        None => facts.push(format!("version {version} is older than {}", entry.oldest)),
        Some(it) => {
            let (status, end) = (it.version_status.as_deref(), it.end_of_extended_support_date);
            if status.is_none() && end.is_none() {
                return Err(missing("eks:DescribeClusterVersions", "versionStatus"));
            }
            if status == Some("UNSUPPORTED") {
                facts.push(format!("versionStatus of {version} is UNSUPPORTED"));
            }
            if let Some(end) = end.filter(|it| *it < region.account.now) {
                let date = end.strftime("%F");
                facts.push(format!("endOfExtendedSupportDate of {version} was {date}"));
            }
        }
    }
    let Some((age, gap)) = entry.stand_in else { return Ok(Judgement::of(facts)) };
    if facts.is_empty() {
        return Ok(Judgement::Pass { facts: vec![age] });
    }
    facts.push(age);
    Ok(Judgement::Fail { facts, possible: false, not_considered: vec![gap] })
}
