use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    admission::{
        PolicyRef,
        force::{Force, force, left_out, loose_prefixes},
    },
    namespaces::{first_five, users},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Policy],
    cis: &[],
    check: Check::Policy(check),
};

fn check(policy: PolicyRef<'_>, context: &Context<'_>) -> Verdict {
    let grace = context.settings.policy_grace;
    let made = policy.metadata().creation_timestamp;
    if made.is_some_and(|it| context.now.duration_since(it).as_hours() < i64::from(grace) * 24) {
        let facts = vec![format!("made less than {grace} days ago")];
        return Ok(Judgement::Pass { facts });
    }
    let prefixes = loose_prefixes(policy);
    let loose = (!prefixes.is_empty())
        .then(|| format!("look-alikes pass: no / at the end of {}", first_five(&prefixes)));
    let acts = match force(policy, context.kube) {
        Ok(Force::JudgesNothing) => {
            return Ok(Judgement::not_applicable("changes or makes objects and judges none"));
        }
        Ok(Force::Reports(facts)) => Ok(Judgement::of(facts)),
        Ok(Force::Denies) => reaches_somebody(policy, context),
        Err(gap) => Err(gap),
    };
    any([acts, Ok(Judgement::of(loose.into_iter().collect()))])
}

/// A policy that denies denies nothing where every namespace with workloads of users is taken out.
fn reaches_somebody(policy: PolicyRef<'_>, context: &Context<'_>) -> Verdict {
    if !policy.metadata().namespace.is_empty() {
        return Ok(Judgement::pass());
    }
    let (kube, users) = (context.kube, users(context.kube));
    let namespaces = kube.namespaces.known()?.iter();
    let mut reasons = Vec::new();
    for it in namespaces.filter(|it| users.contains_key(it.metadata.name.as_str())) {
        match left_out(policy, it, kube)? {
            None => return Ok(Judgement::pass()),
            Some(reason) => reasons.push(reason),
        }
    }
    kube.all_workloads()?;
    reasons.dedup();
    Ok(Judgement::of(
        reasons.iter().map(|it| format!("no namespace with workloads is left by {it}")).collect(),
    ))
}
