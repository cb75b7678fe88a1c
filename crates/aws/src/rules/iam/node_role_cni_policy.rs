use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared::Rights;
use crate::{
    Check, Rule,
    iam::{Answer, Estate, everywhere::everywhere},
    inventory::iam::Role,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::NodeRole(check),
};

const ACTIONS: [&str; 3] = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
];

fn check(role: &Role, estate: &Estate<'_>) -> Verdict {
    let auto = is_of_auto_mode(role, estate);
    if auto == Ok(true) {
        return Ok(Judgement::not_applicable("Auto Mode decides what its nodes may do"));
    }
    let policies = estate.policies_of(role)?;
    let context = policies.context.clone().untagged();
    let mut rights = Rights::none();
    for action in ACTIONS {
        let kind = "ec2:R:A:network-interface/*";
        let decision = everywhere(&policies, action, kind, &role.arn, &context);
        rights.note("every interface", action, &decision);
    }
    let possible = rights.answer == Answer::Maybe;
    let facts = rights.facts();
    if facts.is_empty() {
        let gap = policies.unread.into_iter().next().or(auto.err());
        return gap.map_or(Ok(Judgement::pass()), Err);
    }
    let not_considered = policies.limits_unread.into_iter().chain(auto.err()).collect();
    Ok(Judgement::Fail { facts, possible, not_considered })
}

/// Whether the clusters of a role have no nodes but those of Auto Mode.
fn is_of_auto_mode(role: &Role, estate: &Estate<'_>) -> Result<bool, Gap> {
    for region in estate.context.regions() {
        for cluster in crate::inspect::items(&region.region.clusters) {
            let ids = &estate.node_roles[&role.arn];
            if !ids.contains(&region.cluster_id(&cluster.name)) {
                continue;
            }
            if !cluster.described.known()?.auto_mode || !cluster.nodegroups.known()?.is_empty() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
