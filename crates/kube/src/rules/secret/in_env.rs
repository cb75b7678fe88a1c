use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{env_keys, env_secrets};
use crate::{
    Check, Context, Rule,
    inventory::{pod::PodSpec, workload::Workload},
    managed,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(4)],
    cis: &["4.4.1"],
    check: Check::Workload(check),
};

/// Last words of names that say where something is, not how to get in.
const ADDRESSES: &[&str] = &["HOST", "HOSTNAME", "PORT"];

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let (mut whole, mut keys, mut harmless) = (Vec::new(), Vec::new(), Vec::new());
    for container in workload.specs().flat_map(PodSpec::all_containers) {
        let name = &container.name;
        for secret in env_secrets(container) {
            whole.push(format!("container {name} has all of Secret {secret} in its environment"));
        }
        for (variable, key) in env_keys(container) {
            let Some(last) = variable.rsplit(['_', '-', '.']).next() else { continue };
            let is_address = ADDRESSES.contains(&last.to_ascii_uppercase().as_str());
            let fact = format!(
                "container {name} has key {} of Secret {} in variable {variable}",
                key.key, key.name
            );
            let target = if is_address || context.settings.accept_secret_key_ref {
                &mut harmless
            } else {
                &mut keys
            };
            target.push(fact);
        }
    }
    for list in [&mut whole, &mut keys, &mut harmless] {
        list.sort();
        list.dedup();
    }
    whole.append(&mut keys);
    if whole.is_empty() {
        return Ok(Judgement::Pass { facts: harmless });
    }
    Ok(match managed::component(workload) {
        Some(component) => Judgement::accepted(whole, component.reason()),
        None => Judgement::of(whole),
    })
}
