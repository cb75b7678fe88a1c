use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{Check, RegionContext, Rule, Shareable, inspect::few, inventory::storage::Snapshot};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Iam],
    cis: &[],
    check: Check::Shareable(check),
};

fn check(shareable: Shareable<'_>, region: &RegionContext<'_>) -> Verdict {
    let defaults = &region.region.ebs_defaults;
    match shareable {
        Shareable::Snapshot(snapshot) => shared(snapshot, region),
        Shareable::Image(image) if !image.public => Ok(Judgement::pass()),
        // Blocking keeps images from being made public; those that are stay so.
        Shareable::Image(_) => {
            let state = defaults.image_block_public_access.known();
            let state =
                state.map(|it| Judgement::of(vec![format!("ImageBlockPublicAccessState = {it}")]));
            any([Ok(Judgement::of(vec!["Public = true".to_owned()])), state])
        }
    }
}

fn shared(snapshot: &Snapshot, region: &RegionContext<'_>) -> Verdict {
    let mut facts = vec!["createVolumePermission has group all".to_owned()];
    let state = region.region.ebs_defaults.snapshot_block_public_access.known();
    facts.extend(state.iter().map(|it| format!("SnapshotBlockPublicAccessState = {it}")));
    if state.as_ref().is_ok_and(|it| *it == "block-all-sharing") {
        return Ok(Judgement::Pass { facts });
    }
    let users = snapshot.user_ids.known().map(|users| {
        let trusted = &region.account.settings.trusted_accounts;
        let others: Vec<_> = users.iter().filter(|it| !trusted.contains(it)).cloned().collect();
        let fact = (!others.is_empty()).then(|| format!("shared with {} as well", few(others)));
        Judgement::of(fact.into_iter().collect())
    });
    any([Ok(Judgement::of(facts)), users, state.map(|_| Judgement::pass())])
}
