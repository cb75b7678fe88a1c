use eksray_kube::inventory::workload::Workload;
use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, Rule, paths::Paths, render::table::path, world::ClusterView};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(1), Part::Practice(2)],
    cis: &["5.2.1"],
    check: Check::Path(check),
};

fn check(workload: &Workload, view: &ClusterView<'_>, paths: &Paths<'_>) -> Verdict {
    let subject = view.workload(workload);
    let Some(aws) = &view.aws else {
        return Ok(Judgement::not_applicable("AWS is out of scope"));
    };
    let admin = paths.aws_admin(aws);
    let exposed = paths.exposure(&subject, view);
    let climb = paths.climb(&subject, &admin, view);
    let (ways, climb) = match (exposed, climb) {
        (Ok(None), _) | (_, Ok(None)) => return Ok(Judgement::pass()),
        (Err(gap), _) | (_, Err(gap)) => return Err(gap),
        (Ok(Some(ways)), Ok(Some(climb))) => (ways, climb),
    };
    let mut facts: Vec<String> = ways.iter().map(|it| format!("entry: {it}")).collect();
    facts.push(format!("climb: {}", path(&climb)));
    if let Some(cut) = paths.cheapest_cut(&climb) {
        facts.push(format!("cut: {} on {}", cut.rule, cut.subject.short()));
    }
    Ok(Judgement::Fail { facts, possible: Paths::is_possible(&climb), not_considered: Vec::new() })
}
