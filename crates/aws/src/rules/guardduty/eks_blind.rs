use eksray_rule::{Fetched, Gap, Judgement, Part, Reason, Severity, Verdict, any};

use crate::{Check, RegionContext, Rule, inventory::logs::Detector};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Logging, Part::Runtime],
    cis: &["2.1.2"],
    check: Check::Region(check),
};

fn check(context: &RegionContext<'_>) -> Verdict {
    let detectors = match context.region.detectors.known() {
        Err(gap) if gap.reason == Reason::NotSupported => {
            return Ok(Judgement::not_applicable("GuardDuty does not exist in this Region"));
        }
        answer => answer?,
    };
    if detectors.is_empty() {
        return Ok(Judgement::of(vec!["no detector".to_owned()]));
    }
    let verdicts: Vec<Verdict> = detectors.iter().map(watches).collect();
    // One detector that watches is enough.
    let watching = verdicts.iter().find(|it| matches!(it, Ok(Judgement::Pass { .. }))).cloned();
    let unread = || verdicts.iter().find(|it| it.is_err()).cloned();
    watching.or_else(unread).unwrap_or_else(|| any(verdicts))
}

fn watches(detector: &Fetched<Detector>) -> Verdict {
    let detector = detector.known()?;
    if detector.status != "ENABLED" {
        return Ok(Judgement::of(vec![format!("detector status = {}", detector.status)]));
    }
    let feature = |name: &str| detector.features.get(name).map(String::as_str);
    let on = |name: &str| feature(name) == Some("ENABLED");
    let Some(audit) = feature("EKS_AUDIT_LOGS") else {
        let call = "guardduty:GetDetector".to_owned();
        let detail = "neither Features nor DataSources tell of EKS_AUDIT_LOGS".to_owned();
        return Err(Gap { call, reason: Reason::Malformed, detail });
    };
    let mut facts = vec![format!("EKS_AUDIT_LOGS = {audit}")];
    if !on("RUNTIME_MONITORING") && !on("EKS_RUNTIME_MONITORING") {
        facts.push("RUNTIME_MONITORING is not enabled".to_owned());
    }
    if !on("EBS_MALWARE_PROTECTION") {
        facts.push("EBS_MALWARE_PROTECTION is not enabled".to_owned());
    }
    Ok(if audit == "ENABLED" { Judgement::Pass { facts } } else { Judgement::of(facts) })
}
