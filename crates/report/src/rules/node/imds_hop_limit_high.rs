use eksray_aws::node_pool::NodePool;
use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{metadata, unless_listed};
use crate::{
    Check, Rule,
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, view: &ClusterView<'_>, _: &World<'_>) -> Verdict {
    let (options, gaps) = metadata(pool, view);
    let far = options.into_iter().filter(|it| it.enabled && it.hops > 1);
    let fact = |place: &str, hops| format!("httpPutResponseHopLimit = {hops} {place}");
    let facts = far.map(|it| fact(&it.place, it.hops)).collect();
    let doubts = gaps.into_iter().map(Err);
    let verdict = any(doubts.chain([Ok(Judgement::of(facts))]));
    unless_listed(verdict, pool, ("imds_needed", &view.settings.imds_needed))
}
