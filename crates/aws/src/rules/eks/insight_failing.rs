use eksray_rule::{Gap, Judgement, Part, Reason, Severity, Verdict};

use super::shared::details;
use crate::{Check, RegionContext, Rule, inventory::insights::Insight};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Insight(check),
};

fn check(insight: &Insight, region: &RegionContext<'_>) -> Verdict {
    let Insight { name, status, reason, .. } = insight;
    let because = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    match status.as_str() {
        "PASSING" => return Ok(Judgement::pass()),
        "WARNING" | "ERROR" => {}
        _ => {
            return Err(Gap {
                call: "eks:ListInsights".to_owned(),
                reason: Reason::Malformed,
                detail: format!("insightStatus of {name} is {status}{because}"),
            });
        }
    }
    let mut facts = vec![format!("insightStatus of {name} is {status}{because}")];
    if let Ok(it) = insight.described.known() {
        facts.extend(details(it));
    }
    if let Some(at) = insight.last_refresh_time {
        let days = region.account.now.duration_since(at).as_hours() / 24;
        facts.push(format!("lastRefreshTime is {}, {days} days ago", at.strftime("%F")));
    }
    let not_considered = insight.described.gap().cloned().into_iter().collect();
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
