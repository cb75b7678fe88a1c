use eksray_rule::{Gap, Judgement, Part, Reason, Severity, Verdict};

use super::shared::numbers;
use crate::{
    Check, RegionContext, Rule,
    inventory::eks::{Addon, Cluster},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::Addon(check),
};

fn check(addon: &Addon, cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let described = addon.described.known()?;
    if matches!(described.status.as_str(), "CREATING" | "UPDATING" | "DELETING") {
        return Ok(Judgement::not_applicable(format!("status is {}", described.status)));
    }
    let kubernetes = &cluster.described.known()?.version;
    let versions = addon.versions.known()?;
    let installed = &described.addon_version;
    let mut defaults: Vec<&str> = versions
        .iter()
        .filter(|it| it.default_version)
        .map(|it| it.addon_version.as_str())
        .collect();
    defaults.sort_by_key(|it| numbers(it));
    if !versions.iter().any(|it| it.addon_version == *installed) {
        let mut facts =
            vec![format!("addonVersion {installed} is not listed as compatible with {kubernetes}")];
        facts.extend(defaults.first().map(|it| format!("defaultVersion for {kubernetes} is {it}")));
        return Ok(Judgement::of(facts));
    }
    // Platforms may have defaults of their own: the lowest one is good enough.
    let Some(default) = defaults.first() else {
        return Ok(Judgement::not_applicable(format!("no default version for {kubernetes}")));
    };
    match (numbers(installed), numbers(default)) {
        (Some(installed), Some(default)) if installed >= default => Ok(Judgement::pass()),
        (Some(_), Some(_)) => Ok(Judgement::of(vec![format!(
            "addonVersion {installed} is lower than {default}, the default for {kubernetes}"
        )])),
        _ => Err(Gap {
            call: "eks:DescribeAddonVersions".to_owned(),
            reason: Reason::Malformed,
            detail: format!("`{installed}` and `{default}` cannot be compared"),
        }),
    }
}
