use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::IdentityProvider, issuers};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(2)],
    cis: &[],
    check: Check::IdentityProvider(check),
};

fn check(provider: &IdentityProvider, _: &RegionContext<'_>) -> Verdict {
    let described = provider.described.known()?;
    if described.status == "DELETING" {
        return Ok(Judgement::not_applicable("being deleted"));
    }
    if !issuers::is_shared(&described.issuer_url) || !described.required_claims.is_empty() {
        return Ok(Judgement::pass());
    }
    let mut facts = vec![
        format!("issuerUrl {} gives tokens to anybody", described.issuer_url),
        "requiredClaims is empty".to_owned(),
    ];
    let prefixes = [
        ("usernamePrefix", described.username_prefix.as_deref()),
        ("groupsPrefix", described.groups_prefix.as_deref()),
    ];
    facts.extend(prefixes.into_iter().filter_map(|(field, prefix)| match prefix {
        None => Some(format!("{field} is absent")),
        Some("-") => Some(format!("{field} = -")),
        Some(_) => None,
    }));
    Ok(Judgement::of(facts))
}
