use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, Rule, agents,
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(10), Part::Runtime],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(view: &ClusterView<'_>, _: &World<'_>) -> Verdict {
    let guardduty = agents::guardduty(view);
    if let Ok((true, fact)) = guardduty {
        return Ok(Judgement::Pass { facts: vec![fact] });
    }
    let kube = view.kube.clone()?;
    let nodes = agents::watchable(kube)?;
    if nodes.is_empty() {
        return Ok(Judgement::not_applicable("no Linux node that takes pods, apart from Fargate"));
    }
    let mut facts = Vec::new();
    for (name, agent) in agents::installed(kube) {
        let on = nodes.iter().filter(|it| agent.nodes.contains(*it)).count();
        let (ready, desired, all) = (agent.ready, agent.desired, nodes.len());
        let fact = format!("{name}: {ready} of {desired} pods ready, on {on} of {all} nodes");
        if on == all && ready == desired {
            return Ok(Judgement::Pass { facts: vec![fact] });
        }
        facts.push(fact);
    }
    kube.all_workloads()?;
    match guardduty {
        Ok((_, fact)) => facts.insert(0, fact),
        Err(_) if view.aws.is_none() => {
            return Ok(Judgement::not_applicable("AWS is out of scope"));
        }
        Err(gap) => return Err(gap),
    }
    let unknown: Vec<String> = agents::unknown_privileged(kube)
        .map(|it| format!("DaemonSet {}/{} is privileged and not known", it.namespace, it.name))
        .collect();
    let possible = !unknown.is_empty();
    facts.extend(unknown);
    Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
}
