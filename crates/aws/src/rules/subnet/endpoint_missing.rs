use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{Endpoints, pod_identity};
use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::ClusterVpc(check),
};

const ALWAYS: [&str; 6] = ["ec2", "ecr.api", "ecr.dkr", "eks", "s3", "sts"];

fn check(vpc: &str, clusters: &[&Cluster], region: &RegionContext<'_>) -> Verdict {
    let endpoints = Endpoints::of(vpc, clusters, region)?;
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut missing = Vec::new();
    for service in ALWAYS {
        match endpoints.serve(service) {
            Ok(false) => missing.push(service),
            Ok(true) => {}
            Err(gap) => verdicts.push(Err(gap)),
        }
    }
    if !endpoints.serve("eks-auth")? {
        match pod_identity(clusters) {
            Ok(true) => missing.push("eks-auth"),
            Ok(false) => {}
            Err(gap) => verdicts.push(Err(gap)),
        }
    }
    let logs = (!endpoints.serve("logs")?).then(|| "no endpoint for logs".to_owned());
    if missing.is_empty() {
        verdicts.push(Ok(Judgement::Pass { facts: logs.into_iter().collect() }));
        return any(verdicts);
    }
    let mut facts = vec![format!("no endpoint with private DNS for {}", missing.join(", "))];
    facts.extend(endpoints.unfit().chain(logs));
    match endpoints.shut_in() {
        Ok(shut) => facts.extend(shut),
        Err(gap) => verdicts.push(Err(gap)),
    }
    verdicts.insert(0, Ok(Judgement::of(facts)));
    any(verdicts)
}
