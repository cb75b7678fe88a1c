use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{
    Check, Context, Rule, facts::first_five, inventory::workload::Workload, managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(7)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.declares_windows() {
            return Seen::Silent("Windows has no capabilities");
        }
        if it.security_context.privileged == Some(true) {
            return Seen::Silent("judged by container-privileged");
        }
        let capabilities = &it.security_context.capabilities;
        let listed = |list: &[String]| first_five(list.iter().cloned()).join(", ");
        let mut facts = Vec::new();
        if capabilities.drop.is_empty() {
            facts.push(format!("container {} drops no capability", it.name));
        } else if capabilities.drop.iter().all(|it| it != "ALL") {
            let drops = listed(&capabilities.drop);
            facts.push(format!("container {} drops {drops} and not ALL", it.name));
        }
        let mut added = capabilities.add.clone();
        added.retain(|it| it != "NET_BIND_SERVICE");
        if !added.is_empty() {
            facts.push(format!("container {} adds {}", it.name, listed(&added)));
        }
        if facts.is_empty() {
            return Seen::Fine;
        }
        Seen::Bad(facts.into_iter().map(|it| (it, Setting::Hardening)).collect())
    })
}
