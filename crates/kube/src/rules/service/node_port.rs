use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, Context, Rule, inventory::network::Service};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::Service(check),
};

const ANNOTATION: &str = "service.beta.kubernetes.io/aws-load-balancer-";

fn check(service: &Service, _: &Context<'_>) -> Verdict {
    let spec = &service.spec;
    let mut facts = match spec.type_.as_str() {
        "NodePort" => vec!["type: NodePort".to_owned()],
        "LoadBalancer" => load_balancer(service),
        _ => return Ok(Judgement::not_applicable("neither NodePort nor LoadBalancer")),
    };
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let ports = spec.ports.iter().filter(|it| it.node_port != 0);
    facts.extend(ports.map(|it| format!("nodePort: {} for port {}", it.node_port, it.port)));
    facts.extend(
        spec.external_traffic_policy.iter().map(|it| format!("externalTrafficPolicy: {it}")),
    );
    Ok(Judgement::of(facts))
}

fn load_balancer(service: &Service) -> Vec<String> {
    let annotation = |name: &str| {
        let value = service.metadata.annotations.get(&format!("{ANNOTATION}{name}"));
        value.map(String::as_str)
    };
    let class = service.spec.load_balancer_class.as_deref();
    let type_ = annotation("type");
    let targets = annotation("nlb-target-type").or(match class {
        Some("eks.amazonaws.com/nlb") => Some("ip"),
        _ => (type_ == Some("nlb-ip")).then_some("ip"),
    });
    let mut facts = Vec::new();
    if targets == Some("ip") && service.spec.allocate_load_balancer_node_ports != Some(false) {
        facts.push("targets are pods, yet allocateLoadBalancerNodePorts is not false".to_owned());
    }
    // A class, or these types, hand the Service to a controller whose default is internal.
    let legacy = class.is_none() && !matches!(type_, Some("external" | "nlb-ip"));
    if legacy && annotation("scheme").is_none() && annotation("internal").is_none() {
        facts.push("neither loadBalancerClass nor scheme: internet-facing by default".to_owned());
    }
    facts
}
