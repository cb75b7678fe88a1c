use eksray_rule::{Part, Severity, Verdict};

use super::shared::of_pods_and_containers;

use crate::{
    Check, Context, Rule,
    inventory::{pod::security::WindowsOptions, workload::Workload},
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let say = |it: &Option<WindowsOptions>| {
        let set = it.as_ref().is_some_and(|it| it.host_process);
        set.then(|| "sets windowsOptions.hostProcess: true".to_owned())
    };
    let facts = of_pods_and_containers(
        workload,
        |pod| say(&pod.windows_options),
        |container| say(&container.windows_options),
    );
    Ok(managed::judge(workload, facts.into_iter().map(|it| (it, Setting::HostProcess))))
}
