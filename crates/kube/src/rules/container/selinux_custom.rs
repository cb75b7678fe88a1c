use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::workload::Workload,
    managed::{self, Setting},
    pod_security::{NEWEST, se_linux},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Runtime],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let (oldest, newest) = (judge(workload, 0), judge(workload, NEWEST));
    if oldest == newest {
        return Ok(newest);
    }
    match context.kube.minor() {
        Ok(minor) => Ok(judge(workload, minor)),
        Err(gap) => any([Ok(newest), Err(gap)]),
    }
}

/// Types that control the host on Bottlerocket stand first.
fn judge(workload: &Workload, version: u32) -> Judgement {
    let mut facts = Vec::new();
    for spec in workload.specs() {
        let pod = ("pod".to_owned(), &spec.security_context.se_linux_options);
        let containers = spec
            .all_containers()
            .map(|it| (format!("container {}", it.name), &it.security_context.se_linux_options));
        for (who, options) in std::iter::once(pod).chain(containers) {
            let Some(options) = options else { continue };
            let Some(wrong) = se_linux(options, version) else { continue };
            facts.push((format!("{who} {wrong}"), Setting::SeLinux(&options.type_)));
        }
    }
    let controls_host = |it: &Setting<'_>| matches!(it, Setting::SeLinux("super_t" | "control_t"));
    facts.sort_by(|(a, left), (b, right)| {
        (!controls_host(left), a).cmp(&(!controls_host(right), b))
    });
    facts.dedup();
    managed::judge(workload, facts)
}
