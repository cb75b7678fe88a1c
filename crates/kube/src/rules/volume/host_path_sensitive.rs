use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Kind, access, kind, once};
use crate::{Check, Context, Rule, host_path::mounts, inventory::workload::Workload, managed};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let (mut facts, mut notes) = (Vec::new(), Vec::new());
    for mount in workload.specs().flat_map(mounts) {
        match kind(&mount) {
            Kind::Sensitive => facts.push(access(mount)),
            Kind::Wide => notes.push(access(mount)),
            Kind::Socket | Kind::Other => {}
        }
    }
    match managed::judge(workload, once(facts)) {
        Judgement::Pass { .. } => {
            Ok(Judgement::Pass { facts: once(notes).into_iter().map(|(it, _)| it).collect() })
        }
        judged => Ok(judged),
    }
}
