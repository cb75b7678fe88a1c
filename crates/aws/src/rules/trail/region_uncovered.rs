use eksray_rule::{Gap, Judgement, Part, Reason, Severity, Verdict};

use super::shared::{missed_by_store, missed_by_trail};
use crate::{Check, RegionContext, Rule};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::Region(check),
};

fn check(context: &RegionContext<'_>) -> Verdict {
    let (mut missed, mut gaps) = (Vec::new(), Vec::new());
    for answer in trails(context).into_iter().chain(stores(context)) {
        match answer {
            Ok(None) => return Ok(Judgement::pass()),
            Ok(Some(fact)) => missed.push(fact),
            Err(gap) => gaps.push(gap),
        }
    }
    if let Some(gap) = gaps.into_iter().min() {
        return Err(gap);
    }
    missed.sort();
    if missed.is_empty() {
        missed.push("no trail and no event data store covers the Region".to_owned());
    }
    Ok(Judgement::of(missed))
}

fn trails(context: &RegionContext<'_>) -> Vec<Result<Option<String>, Gap>> {
    let trails = match context.region.trails.known() {
        Ok(trails) => trails.iter(),
        Err(gap) => return vec![Err(gap)],
    };
    let here = trails.filter(|it| it.is_multi_region_trail || it.home_region == context.name);
    here.map(|it| missed_by_trail(it, context.account.now)).collect()
}

/// Only its own Region lists a store, so one that records every Region may stand in any.
fn stores(context: &RegionContext<'_>) -> Vec<Result<Option<String>, Gap>> {
    let mut answers = Vec::new();
    for region in context.account.regions() {
        match region.region.event_data_stores.known() {
            Err(gap) if gap.reason == Reason::NotSupported => {} // CloudTrail Lake is not everywhere.
            Err(gap) => answers.push(Err(gap)),
            Ok(stores) => answers.extend(stores.iter().filter_map(|it| {
                match it.known() {
                    Err(gap) => Some(Err(gap)),
                    Ok(it) => (it.multi_region_enabled || region.name == context.name)
                        .then(|| Ok(missed_by_store(it))),
                }
            })),
        }
    }
    answers
}
