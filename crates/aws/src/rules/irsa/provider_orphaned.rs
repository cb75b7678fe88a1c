use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Cluster, behind};
use crate::{
    AccountContext, Check, Rule,
    iam::{Trusts, reach::names_provider},
    inventory::iam::OidcProvider,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::OidcProvider(check),
};

fn check(provider: &OidcProvider, context: &AccountContext<'_>) -> Verdict {
    let region = match behind(provider, context)? {
        Cluster::Live => return Ok(Judgement::pass()),
        Cluster::NotLookedAt(why) => return Ok(Judgement::not_applicable(why)),
        Cluster::Gone(region) => region,
    };
    let mut facts = vec![format!("no cluster of {region} has the issuer {}", provider.url)];
    let mut not_considered = Vec::new();
    match context.account.iam.known() {
        Err(gap) => not_considered.push(gap),
        Ok(iam) => {
            let trusts = Trusts::of(iam);
            let trusting = trusts.roles.values().filter(|it| names_provider(&it.1, &provider.arn));
            facts.extend(trusting.map(|(role, _)| format!("role {} trusts it", role.role_name)));
        }
    }
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}
