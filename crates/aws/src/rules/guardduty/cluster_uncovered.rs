use eksray_rule::{Judgement, Part, Reason, Severity, Verdict};

use super::shared::runtime_monitoring;
use crate::{
    Check, RegionContext, Rule,
    inventory::{eks::Cluster, logs::Coverage},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(10), Part::Runtime],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let off = Judgement::not_applicable("runtime monitoring is off, see guardduty-eks-blind");
    if !runtime_monitoring(region)? {
        return Ok(off);
    }
    let coverage = match region.region.runtime_coverage.known() {
        Err(gap) if gap.reason == Reason::NotSupported => return Ok(off),
        answer => answer?,
    };
    let mut facts = match coverage.iter().find(|it| it.cluster_name == cluster.name) {
        None => vec!["no coverage entry".to_owned()],
        Some(it) => flaws(it),
    };
    let profiles = cluster.fargate_profiles.known().map(Vec::len).unwrap_or_default();
    if !facts.is_empty() && profiles > 0 {
        facts.push(format!(
            "{profiles} Fargate profiles, which runtime monitoring does not support"
        ));
    }
    Ok(Judgement::of(facts))
}

fn flaws(coverage: &Coverage) -> Vec<String> {
    let Coverage { coverage_status, covered_nodes, compatible_nodes, .. } = coverage;
    let mut facts = Vec::new();
    if coverage_status != "HEALTHY" {
        let issue = coverage.issue.as_ref().map(|it| format!(": {it}")).unwrap_or_default();
        facts.push(format!("CoverageStatus = {coverage_status}{issue}"));
    }
    if covered_nodes < compatible_nodes {
        facts.push(format!(
            "CoveredNodes = {covered_nodes} of CompatibleNodes = {compatible_nodes}"
        ));
    }
    if coverage.management_type.as_deref() == Some("DISABLED") {
        facts.push("ManagementType = DISABLED".to_owned());
    }
    if let Some(version) = coverage.addon_version.as_ref().filter(|_| !facts.is_empty()) {
        facts.push(format!("AddonVersion = {version}"));
    }
    facts
}
