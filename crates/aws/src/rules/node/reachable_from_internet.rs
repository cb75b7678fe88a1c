use eksray_rule::{Part, Severity, Verdict, any};

use super::shared::{Exposure, interfaces_of};
use crate::{
    Check, RegionContext, Rule,
    cidr::internet,
    node_pool::{NodePool, running},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1)],
    cis: &["5.4.3"],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, region: &RegionContext<'_>) -> Verdict {
    let mut verdicts = Vec::new();
    if let Some(Err(gap)) = &pool.nodegroup {
        verdicts.push(Err(gap.clone()));
    }
    let (interfaces, unread) = interfaces_of(&running(pool)?, region);
    verdicts.extend(unread.into_iter().map(Err));
    let pools = &region.account.settings.edge_pools;
    let is_edge = pools.iter().any(|it| *it == pool.name || it == pool.subject().as_str());
    let network = region.network();
    let exposure = Exposure::of(&network, &internet(), &interfaces);
    verdicts.extend(exposure.verdicts(is_edge.then_some("listed in `edge_pools`")));
    any(verdicts)
}
