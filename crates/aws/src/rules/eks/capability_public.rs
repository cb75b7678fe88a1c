use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Capability};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1), Part::Practice(2)],
    cis: &[],
    check: Check::Capability(check),
};

fn check(capability: &Capability, _: &RegionContext<'_>) -> Verdict {
    let described = capability.described.known()?;
    match (described.type_.as_str(), described.status.as_str()) {
        (_, "DELETING") => return Ok(Judgement::not_applicable("being deleted")),
        ("ARGOCD", _) => {}
        (other, _) => return Ok(Judgement::not_applicable(format!("{other} has no server"))),
    }
    let configured = described.argo_cd.clone().unwrap_or_default();
    if !configured.vpce_ids.is_empty() {
        return Ok(Judgement::pass());
    }
    let mut facts =
        vec!["networkAccess.vpceIds is empty: the server answers on the internet".to_owned()];
    facts.extend(configured.server_url.map(|it| format!("serverUrl = {it}")));
    for role in ["ADMIN", "EDITOR"] {
        let count = configured.identities.get(role).copied().unwrap_or_default();
        facts.push(format!("rbacRoleMappings give {role} to {count} identities"));
    }
    Ok(Judgement::of(facts))
}
