use std::net::IpAddr;

use eksray_rule::{Part, Severity, Verdict};

use super::shared::judge;
use crate::{
    Check, Context, Rule,
    inventory::{cluster::Namespace, workload::Workload},
    netpol::{Answer, Direction, Endpoint, Port},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::Namespace(check),
};

/// The instance metadata service.
const METADATA: &[&str] = &["169.254.169.254", "fd00:ec2::254"];

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    judge(namespace, Direction::Egress, context, metadata)
}

fn metadata(subjects: &[&Workload], context: &Context<'_>) -> Vec<String> {
    let reaches = |it: &Workload, address: IpAddr| {
        let port = Port { protocol: "TCP", number: 80 };
        let (from, to) = (Endpoint::Pod(it), Endpoint::Address(address));
        context.netpols.reaches(from, to, port) == Answer::Yes
    };
    let of = subjects.len();
    let said = METADATA.iter().filter_map(|it| {
        let address = it.parse().ok()?;
        let open = subjects.iter().filter(|it| reaches(it, address)).count();
        (open != 0).then(|| format!("{open} of {of} workloads may go to {it}"))
    });
    said.collect()
}
