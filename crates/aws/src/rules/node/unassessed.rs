use eksray_rule::{Judgement, NodePoolKind, Part, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    assess::{reached, scanned},
    node_pool::{NodePool, running},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10), Part::Runtime],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, region: &RegionContext<'_>) -> Verdict {
    if pool.kind == NodePoolKind::Auto {
        return Ok(Judgement::not_applicable("AWS looks after nodes of Auto Mode"));
    }
    let running = running(pool)?;
    let unread = pool.nodegroup.iter().filter_map(|it| it.as_ref().err().cloned().map(Err));
    if running.is_empty() {
        return any(unread);
    }
    any([scanned(&running, region), reached(pool, &running, region)].into_iter().chain(unread))
}
