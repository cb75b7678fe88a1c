use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    admission::{Guard, guard, guard_restricted},
    inventory::cluster::Namespace,
    pod_security::{Enforced, Level},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Info,
    covers: &[Part::Policy],
    cis: &["4.2.5"],
    check: Check::Namespace(check),
};

/// Policies this many minor versions old lack checks that matter.
const OLD: u32 = 3;

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let Enforced { level, version } = Enforced::of(&namespace.metadata.labels);
    let mut facts = Vec::new();
    match (level, guard(namespace, kube)?) {
        (Level::Privileged, Guard::Stops(rule)) => facts.push(format!("only {rule}")),
        (Level::Privileged, _) => {
            let why = "judged by namespace-pod-security-unenforced";
            return Ok(Judgement::not_applicable(why));
        }
        (Level::Baseline, _) => {
            facts.push("label pod-security.kubernetes.io/enforce is baseline".to_owned());
        }
        (Level::Restricted, _) => {}
    }
    if let Some(pinned) = version.filter(|_| level > Level::Privileged) {
        let minor = kube.minor()?;
        if pinned + OLD <= minor {
            facts.push(format!("enforce-version is v1.{pinned}, the cluster is 1.{minor}"));
        }
    }
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let possible = match guard_restricted(namespace, kube)? {
        Guard::Stops(rule) => return Ok(Judgement::Pass { facts: vec![rule] }),
        Guard::Maybe(rule) => {
            facts.push(format!("perhaps restricted by {rule}"));
            true
        }
        Guard::Nothing => false,
    };
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
