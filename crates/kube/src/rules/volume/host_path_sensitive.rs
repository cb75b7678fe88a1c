use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    host_path::{READ_SENSITIVE, READ_WIDE, WRITE_SENSITIVE, contains, mounts},
    inventory::workload::Workload,
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let (mut facts, mut notes) = (Vec::new(), Vec::new());
    for mount in workload.specs().flat_map(mounts) {
        let path = mount.path.as_str();
        let touches =
            |list: &[&str]| list.iter().any(|it| contains(it, path) || contains(path, it));
        let (name, volume) = (mount.container, mount.volume);
        let may = if mount.writable { "write to" } else { "read" };
        let fact = format!("container {name} may {may} {path} of the node (volume {volume})");
        match mount.writable {
            true if touches(WRITE_SENSITIVE) => {
                facts.push((fact, Setting::HostPathWrite(mount.path)));
            }
            false if READ_WIDE.contains(&path) => notes.push(fact),
            false if touches(READ_SENSITIVE) => {
                facts.push((fact, Setting::HostPathRead(mount.path)));
            }
            _ => {}
        }
    }
    facts.sort_by(|(a, _), (b, _)| a.cmp(b));
    facts.dedup_by(|(a, _), (b, _)| a == b);
    notes.sort();
    notes.dedup();
    match managed::judge(workload, facts) {
        Judgement::Pass { .. } => Ok(Judgement::Pass { facts: notes }),
        judged => Ok(judged),
    }
}
