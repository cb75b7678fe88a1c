use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::{
    Open, Told, failed, in_words, is_error_message, is_wide, kept_by_controller, open_to_internet,
    protocols, public_rules, sensitive, target_ports,
};
use crate::{Check, RegionContext, Rule, inventory::ec2::SecurityGroup, net::groups};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::ClusterGroup(check),
};

fn check(group: &SecurityGroup, region: &RegionContext<'_>) -> Verdict {
    let (rules, gaps) = public_rules(&region.network(), group);
    let (ports, unread) = target_ports(region);
    let is_kept = |it: &groups::Rule<'_>| {
        let is_target = it.permission.from_port.is_some_and(|it| ports.contains(&it));
        kept_by_controller(it.permission)
            && is_target
            && it.permission.from_port == it.permission.to_port
    };
    let mut verdicts: Vec<Verdict> = gaps.into_iter().map(Err).collect();
    let (mut open_to_all, mut accepted) = (Told::default(), Told::default());
    let mut not_considered: Vec<Gap> = Vec::new();
    for protocol in protocols(&rules) {
        for Open { ports, rules, doubt } in open_to_internet(&rules, protocol) {
            let critical = &region.account.settings.sensitive_ports;
            let is_critical = protocol.has_ports() && !sensitive(critical, ports).is_empty()
                || rules.iter().all(|it| it.protocol().is_none());
            if is_critical || is_error_message(protocol, ports) {
                continue;
            }
            let (kept, own): (Vec<_>, Vec<_>) = rules.iter().partition(|it| is_kept(it));
            if !doubt.is_empty() {
                verdicts.extend(doubt.into_iter().map(Err));
            } else if is_wide(&own) || !is_wide(&kept) {
                open_to_all.add(&in_words(protocol, ports), &rules);
                if rules.iter().any(|it| kept_by_controller(it.permission)) {
                    not_considered.extend(unread.iter().cloned());
                }
            } else {
                accepted.add(&in_words(protocol, ports), &rules);
            }
        }
    }
    verdicts.push(Ok(failed(open_to_all.facts(), not_considered)));
    let accepted = accepted.facts();
    if !accepted.is_empty() {
        let why = "kept by the AWS Load Balancer Controller for a target group";
        verdicts.push(Ok(Judgement::accepted(accepted, why)));
    }
    any(verdicts)
}
