use eksray_kube::rbac::{Grant, catalogue, power};
use eksray_rule::{Gap, Judgement, Part, Severity, Verdict};

use super::shared;
use crate::{
    Check, Rule,
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Practice(2), Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

fn check(grant: &Grant<'_>, view: &ClusterView<'_>, _: &World<'_>) -> Verdict {
    let subject = (grant.subject.kind.as_str(), grant.subject.name.as_str());
    if !matches!(subject, ("User", "system:anonymous") | ("Group", "system:unauthenticated")) {
        return Ok(Judgement::pass());
    }
    let role = shared::role(grant);
    let rules = grant.rules.as_ref().map_err(Gap::clone);
    let mut facts = match &rules {
        Ok(Some(rules)) => {
            rules.iter().map(|it| format!("{role} allows {}", power::say(it))).collect()
        }
        Ok(None) => vec![format!("{role} does not exist")],
        Err(_) => vec![format!("bound to {role}")],
    };
    if catalogue::is_default(grant) {
        let rules = rules?.as_ref();
        if rules.is_none_or(|it| it.iter().all(shared::is_public_info)) {
            return Ok(Judgement::Pass { facts });
        }
    }
    let mut not_considered = Vec::new();
    match exposure(view) {
        Ok(fact) => facts.insert(0, fact),
        Err(gap) => not_considered.push(gap),
    }
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}

/// From 1.32 on, EKS answers 401 to anonymous requests other than health checks.
fn exposure(view: &ClusterView<'_>) -> Result<String, Gap> {
    let minor = view.minor()?;
    if minor >= 32 {
        return Ok(format!("latent: Kubernetes 1.{minor} refuses anonymous requests"));
    }
    let public = view.described()?.endpoint_public_access;
    let reach = if public { "now" } else { "inside the VPC" };
    Ok(format!("exploitable {reach}: Kubernetes 1.{minor}, endpointPublicAccess = {public}"))
}
