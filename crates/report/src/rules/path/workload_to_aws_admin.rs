use eksray_kube::inventory::workload::Workload;
use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, Rule, paths::Paths, render::table::path, world::ClusterView};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2), Part::Iam],
    cis: &["5.2.1"],
    check: Check::Path(check),
};

fn check(workload: &Workload, view: &ClusterView<'_>, paths: &Paths<'_>) -> Verdict {
    let subject = view.workload(workload);
    let Some(aws) = &view.aws else {
        return Ok(Judgement::not_applicable("AWS is out of scope"));
    };
    if workload.is_dormant() {
        return Ok(Judgement::not_applicable("no pod of it runs"));
    }
    let admin = paths.aws_admin(aws);
    let exposure = paths.exposure(&subject, view);
    if matches!(exposure, Ok(Some(_))) && matches!(paths.climb(&subject, &admin, view), Ok(Some(_)))
    {
        return Ok(Judgement::not_applicable("judged by path-internet-to-aws-admin"));
    }
    let Some(climb) = paths.climb_by_identity(&subject, &admin, view)? else {
        return Ok(Judgement::pass());
    };
    let facts = vec![path(&climb)];
    let not_considered = exposure.err().into_iter().collect();
    Ok(Judgement::Fail { facts, possible: Paths::is_possible(&climb), not_considered })
}
