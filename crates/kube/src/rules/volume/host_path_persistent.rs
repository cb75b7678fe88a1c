use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    facts::first_five,
    host_path::{contains, normalise},
    inventory::{
        cluster::{ClaimRef, PersistentVolume},
        workload::Workload,
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &["4.1.9"],
    check: Check::PersistentVolume(check),
};

fn check(volume: &PersistentVolume, context: &Context<'_>) -> Verdict {
    let spec = &volume.spec;
    let (source, path) = match (&spec.host_path, &spec.local) {
        (Some(it), _) => ("hostPath", normalise(&it.path)),
        (_, Some(it)) => ("local", normalise(&it.path)),
        (None, None) => return Ok(Judgement::pass()),
    };
    let mut facts = vec![format!("spec.{source}.path is {path}")];
    let local_disks = &context.settings.local_disks;
    if source == "local" && local_disks.iter().any(|it| contains(&normalise(it), &path)) {
        return Ok(Judgement::accepted(facts, "under a path of `local_disks`"));
    }
    let Some(claim) = &spec.claim_ref else {
        facts.push("no claim has it".to_owned());
        return Ok(Judgement::of(facts));
    };
    facts.push(format!("claim {}/{} has it", claim.namespace, claim.name));
    let users = context.kube.workloads_in(&claim.namespace).iter().filter(|it| uses(it, claim));
    let users = users.map(|it| format!("{} {} mounts it", it.kind.to_lowercase(), it.name));
    facts.extend(first_five(users));
    Ok(Judgement::of(facts))
}

/// A claim of its namespace by name, or as a StatefulSet's claim: `<template>-<name>-<ordinal>`.
fn uses(workload: &Workload, claim: &ClaimRef) -> bool {
    let named = || {
        let volumes = workload.template.volumes.iter();
        volumes
            .filter_map(|it| it.persistent_volume_claim.as_ref())
            .any(|it| it.claim_name == claim.name)
    };
    let templated = || {
        let (rest, ordinal) = claim.name.rsplit_once('-').unwrap_or_default();
        workload.kind == "StatefulSet"
            && workload.strategy.claim_templates
            && ordinal.parse::<u32>().is_ok()
            && rest.ends_with(&format!("-{}", workload.name))
    };
    named() || templated()
}
