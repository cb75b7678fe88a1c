use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::workload::Workload,
    managed::{self, Setting},
    pod_security::sysctl_since,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let sysctls = workload.specs().flat_map(|it| &it.security_context.sysctls);
    let (mut facts, mut unread) = (Vec::new(), None);
    for name in sysctls.map(|it| it.name.as_str()) {
        let fact = match (sysctl_since(name), context.kube.minor()) {
            (Some(0), _) => continue,
            (None, _) => format!("pod sets sysctl {name}"),
            (Some(since), Ok(minor)) if minor < since => {
                format!("pod sets sysctl {name}, safe from 1.{since} on; the cluster is 1.{minor}")
            }
            (Some(_), Ok(_)) => continue,
            (Some(_), Err(gap)) => {
                unread = Some(gap);
                continue;
            }
        };
        facts.push((fact, Setting::Sysctl));
    }
    facts.sort_by(|(a, _), (b, _)| a.cmp(b));
    facts.dedup();
    let judged: Judgement = managed::judge(workload, facts);
    any(std::iter::once(Ok(judged)).chain(unread.map(Err)))
}
