use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, RegionContext, Rule,
    inspect::first,
    inventory::eks::{FargateProfile, FargateSelector},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::FargateProfile(check),
};

fn check(profile: &FargateProfile, _: &RegionContext<'_>) -> Verdict {
    let described = profile.described.known()?;
    if matches!(described.status.as_str(), "CREATE_FAILED" | "DELETING") {
        return Ok(Judgement::not_applicable(format!("status is {}", described.status)));
    }
    let broad = described.selectors.iter().filter(|it| is_broad(it));
    Ok(Judgement::of(first(broad.map(|it| {
        let labels = if it.labels.is_empty() { "without labels" } else { "with labels" };
        format!("selectors take namespace {} {labels}", it.namespace)
    }))))
}

/// All stars are one; labels narrow a pattern, but any namespace may set them.
fn is_broad(selector: &FargateSelector) -> bool {
    let namespace = selector.namespace.as_str();
    let every = !namespace.is_empty() && namespace.chars().all(|it| it == '*');
    every || namespace.contains(['*', '?']) && selector.labels.is_empty()
}
