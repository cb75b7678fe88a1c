use eksray_rule::{Gap, Judgement, NodePoolKind, Part, Severity, Verdict, any};

use super::shared::{login_ports, logins};
use crate::{
    Check, RegionContext, Rule,
    inventory::eks::NodegroupDescription,
    node_pool::{NodePool, running},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, region: &RegionContext<'_>) -> Verdict {
    if pool.kind == NodePoolKind::Auto {
        return Ok(Judgement::not_applicable("nobody can log in to nodes of Auto Mode"));
    }
    let mut verdicts = Vec::new();
    if let Some(nodegroup) = &pool.nodegroup {
        verdicts.push(nodegroup.clone().map(|it| by_nodegroup(it, region)));
    }
    match running(pool) {
        Ok(instances) => verdicts.extend(logins(&instances, region)),
        Err(gap) => verdicts.push(Err(gap)),
    }
    any(verdicts)
}

/// EKS opens the port when it makes the group; somebody may have narrowed it since.
fn by_nodegroup(nodegroup: &NodegroupDescription, region: &RegionContext<'_>) -> Judgement {
    let Some(access) = &nodegroup.remote_access else { return Judgement::pass() };
    let Some(key) =
        access.ec2_ssh_key.as_ref().filter(|_| access.source_security_groups.is_empty())
    else {
        return Judgement::pass();
    };
    let is_windows = nodegroup.ami_type.as_deref().is_some_and(|it| it.starts_with("WINDOWS"));
    let port = if is_windows { 3389 } else { 22 };
    let mut facts = vec![format!(
        "remoteAccess.ec2SshKey is {key} without sourceSecurityGroups: EKS opens tcp {port} to 0.0.0.0/0"
    )];
    let mut not_considered: Vec<Gap> = Vec::new();
    if let Some(group) = &nodegroup.remote_access_security_group {
        match login_ports(std::slice::from_ref(group), region) {
            Ok(open) if open.is_empty() => {
                let narrowed =
                    format!("remoteAccessSecurityGroup {group} no longer admits the internet");
                return Judgement::Pass { facts: vec![narrowed] };
            }
            Ok(open) => facts.extend(open),
            Err(gap) => not_considered.push(gap),
        }
    }
    Judgement::Fail { facts, possible: false, not_considered }
}
