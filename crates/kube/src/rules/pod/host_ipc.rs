use eksray_rule::{Part, Severity, Verdict};

use super::shared::judge;
use crate::{Check, Context, Rule, inventory::workload::Workload, managed::Setting};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(6)],
    cis: &["4.2.3"],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    judge(workload, Setting::HostIpc, |it| it.host_ipc.then(|| "hostIPC: true".to_owned()))
}
