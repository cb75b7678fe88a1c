use std::collections::BTreeMap;

use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    image::tag,
    inventory::cluster::{Node, known_minor, minor},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(nodes: &[&Node], context: &Context<'_>) -> Verdict {
    let version = context.kube.version.known()?;
    let control = known_minor("get /version", &version.git_version)?;
    let kubelets = kubelets(nodes, control);
    if nodes.iter().all(|it| it.is_fargate()) {
        return kubelets;
    }
    any([kubelets, kube_proxy(context, control)])
}

fn kubelets(nodes: &[&Node], control: u32) -> Verdict {
    let mut counts = BTreeMap::<&str, u32>::new();
    for node in nodes {
        *counts.entry(node.status.node_info.kubelet_version.as_str()).or_default() += 1;
    }
    let limit = if control < 28 { 2 } else { 3 };
    any(counts.into_iter().map(|(version, count)| {
        let minor = known_minor("list nodes", version)?;
        let fact = format!("kubelet {version} on {count} nodes, the control plane is 1.{control}");
        Ok(match minor {
            _ if minor > control || minor + limit <= control => Judgement::of(vec![fact]),
            _ if minor < control => Judgement::Pass { facts: vec![fact] },
            _ => Judgement::pass(),
        })
    }))
}

fn kube_proxy(context: &Context<'_>, control: u32) -> Verdict {
    let Some(proxy) = context.kube.workload("DaemonSet", "kube-system", "kube-proxy") else {
        return context.kube.all_workloads().map(|_| Judgement::pass());
    };
    let images = proxy.template.containers.iter().filter_map(|it| minor(tag(&it.image)?));
    let skewed = images.filter(|it| *it > control || it + 3 < control);
    Ok(Judgement::of(
        skewed
            .map(|it| format!("kube-proxy is 1.{it}, the control plane is 1.{control}"))
            .collect(),
    ))
}
