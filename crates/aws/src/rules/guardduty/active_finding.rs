use eksray_rule::{Gap, Judgement, Part, Reason, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    inspect::{few, first},
    inventory::logs::Finding,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Logging, Part::Runtime],
    cis: &[],
    check: Check::Findings(check),
};

/// From here on GuardDuty calls the severity high.
const HIGH: f64 = 7.0;

fn check(findings: &[&Finding], region: &RegionContext<'_>) -> Verdict {
    let window = i64::from(region.account.settings.finding_window) * 24;
    let mut high: Vec<&&Finding> =
        findings.iter().filter(|it| !it.sample && it.severity >= HIGH).collect();
    high.sort_by(|a, b| b.severity.total_cmp(&a.severity).then(a.id.cmp(&b.id)));
    let (mut facts, mut undated) = (Vec::new(), None);
    for finding in high {
        match finding.updated_at {
            None => undated = Some(&finding.id),
            Some(at) if region.account.now.duration_since(at).as_hours() > window => {}
            Some(_) => facts.push(words(finding)),
        }
    }
    let gap = undated.map(|id| Gap {
        call: "guardduty:GetFindings".to_owned(),
        reason: Reason::Malformed,
        detail: format!("finding {id} has no UpdatedAt"),
    });
    any([Ok(Judgement::of(first(facts))), gap.map_or_else(|| Ok(Judgement::pass()), Err)])
}

fn words(finding: &Finding) -> String {
    let seen = match (finding.event_first_seen, finding.event_last_seen) {
        (Some(first), Some(last)) => {
            format!(", {} to {}", first.strftime("%F"), last.strftime("%F"))
        }
        _ => String::new(),
    };
    let workload = finding.workload.iter().map(|it| format!(" in {it}"));
    let container = finding.container.iter().map(|it| format!(", container {it}"));
    let instances = few(finding.instance_ids.iter().cloned());
    let instances = match instances.as_str() {
        "" => String::new(),
        ids => format!(" on {ids}"),
    };
    let place: String = workload.chain(container).chain([instances]).collect();
    let Finding { severity, type_, count, .. } = finding;
    format!("severity {severity}: {type_}{place}, count {count}{seen}")
}
