use eksray_rule::{Judgement, NodePoolKind, Part, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    assess::{unpatched, unseen, vulnerable},
    node_pool::{NodePool, running},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(10), Part::Patching, Part::Runtime],
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
    let unseen = unseen(&running, region).map(Err);
    let judged = [vulnerable(&running, region), unpatched(&running, region)];
    any(judged.into_iter().chain(unseen).chain(unread))
}
