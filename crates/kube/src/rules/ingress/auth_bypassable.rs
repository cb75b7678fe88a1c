use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::is_open;
use crate::{
    Check, Context, Rule,
    catalogue::interface,
    ingress::{Controller, controller, is_internet_facing},
    inventory::{Kube, network::Ingress, order::within},
    service::behind,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(2)],
    cis: &[],
    check: Check::Ingress(check),
};

const WITH_LOGIN: &[&str] = &["oidc", "cognito"];

fn check(ingress: &Ingress, context: &Context<'_>) -> Verdict {
    let Controller::Alb(class) = controller(ingress, context.kube)? else {
        return Ok(Judgement::not_applicable("no Application Load Balancer"));
    };
    let login = ingress.alb("auth-type").filter(|it| WITH_LOGIN.contains(it));
    let unauthenticated = ingress.alb("auth-on-unauthenticated-request");
    let allows = login.filter(|_| unauthenticated == Some("allow"));
    let allows =
        allows.map(|it| format!("auth-type: {it}, auth-on-unauthenticated-request: allow"));
    let bypass = Ok(Judgement::of(allows.into_iter().collect()));
    if login.is_some() || !is_internet_facing(ingress, class) || !is_open(ingress, class) {
        return bypass;
    }
    any([bypass, administrators(ingress, context.kube).map(Judgement::of)])
}

/// Interfaces for administrators behind an Ingress without a login.
fn administrators(ingress: &Ingress, kube: &Kube) -> Result<Vec<String>, Gap> {
    if ingress.alb("jwt-validation").is_some() {
        return Ok(Vec::new());
    }
    let namespace = &ingress.metadata.namespace;
    let names: Vec<&str> = ingress.backends().map(|it| it.name.as_str()).collect();
    let services = within(kube.services.known()?, namespace).iter();
    let services = services.filter(|it| names.contains(&it.metadata.name.as_str()));
    let workloads = services.flat_map(|it| behind(it, kube));
    let found = workloads.filter_map(|it| Some((interface(it)?.0, it)));
    let facts: Vec<String> = found
        .map(|(it, by)| {
            format!("{} ({}) without auth-type, open to the internet", it.name, by.name)
        })
        .collect();
    if facts.is_empty() {
        kube.all_workloads()?;
    }
    Ok(facts)
}
