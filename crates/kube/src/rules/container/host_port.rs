use eksray_rule::{Part, Severity, Verdict};

use super::shared::{Seen, each};

use crate::{
    Check, Context, Rule, facts::first_five, inventory::workload::Workload, managed::Setting,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(6)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    each(workload, |spec, it| {
        if spec.host_network {
            return Seen::Silent("judged by pod-host-network");
        }
        let ports = it.ports.iter().filter(|it| it.host_port != 0).map(|it| {
            let protocol = if it.protocol.is_empty() { "TCP" } else { &it.protocol };
            format!("{}/{protocol}", it.host_port)
        });
        let ports = first_five(ports);
        if ports.is_empty() {
            return Seen::Fine;
        }
        let fact = format!("container {} uses hostPort {}", it.name, ports.join(", "));
        Seen::bad(fact, Setting::HostPort)
    })
}
