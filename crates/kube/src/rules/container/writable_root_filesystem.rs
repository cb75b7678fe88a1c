use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Seen, each};
use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(9)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let judged = each(workload, |spec, it| {
        if spec.is_windows() {
            return Seen::Silent("Windows has no read-only root file system");
        }
        let fact = match it.security_context.read_only_root_filesystem {
            Some(true) => return Seen::Fine,
            Some(false) => format!("container {} sets readOnlyRootFilesystem: false", it.name),
            None => format!("container {} does not set readOnlyRootFilesystem", it.name),
        };
        Seen::bad(fact, Setting::WritableRoot(&it.name))
    })?;
    let listed = workload.is_listed(&context.settings.completed_once_jobs);
    Ok(match judged {
        Judgement::Fail { facts, .. } if workload.kind == "Job" && listed => {
            Judgement::accepted(facts, "listed in `completed_once_jobs`")
        }
        judged => judged,
    })
}
