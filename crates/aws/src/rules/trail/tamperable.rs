use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::missed_by_trail;
use crate::{AccountContext, Check, Rule, inventory::logs::Trail, node_pool::missing};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::Trail(check),
};

fn check(trail: &Trail, account: &AccountContext<'_>) -> Verdict {
    let unread = match missed_by_trail(trail, account.now) {
        Ok(Some(why)) => return Ok(Judgement::not_applicable(why)),
        Ok(None) => Vec::new(),
        Err(gap) => vec![gap],
    };
    let validated = match trail.log_file_validation_enabled {
        None => Err(missing("cloudtrail:DescribeTrails", "LogFileValidationEnabled")),
        Some(true) => Ok(Judgement::pass()),
        Some(false) => fails("LogFileValidationEnabled = false"),
    };
    let mut parts = vec![validated];
    if trail.kms_key_id.is_none() {
        parts.push(fails("no KmsKeyId"));
    }
    if trail.cloud_watch_logs_log_group_arn.is_none() {
        parts.push(fails("no CloudWatchLogsLogGroupArn"));
    }
    Ok(match any(parts)? {
        Judgement::Fail { facts, possible, mut not_considered } => {
            not_considered.extend(unread);
            Judgement::Fail { facts, possible, not_considered }
        }
        passed => passed,
    })
}

fn fails(fact: &str) -> Verdict {
    Ok(Judgement::of(vec![fact.to_owned()]))
}
