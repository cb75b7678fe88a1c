use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &["5.4.1", "5.4.2"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    if described.on_outpost {
        return Ok(Judgement::not_applicable("outpostConfig is present"));
    }
    if described.endpoint_private_access {
        return Ok(Judgement::pass());
    }
    Ok(Judgement::of(vec!["endpointPrivateAccess is false".to_owned()]))
}
