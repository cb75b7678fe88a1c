use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    catalogue::is_image,
    image::tag,
    inventory::{
        Kube,
        cluster::{Node, known_minor, minor},
        workload::Workload,
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Info,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Cluster(check),
};

const AUTOSCALER: &str = "autoscaling/cluster-autoscaler";

fn check(context: &Context<'_>) -> Verdict {
    let kube = context.kube;
    let runs = |it: &&Workload, name| it.containers().any(|(_, it)| is_image(&it.image, name));
    let autoscalers: Vec<&Workload> =
        kube.workloads.iter().filter(|it| runs(it, AUTOSCALER)).collect();
    if !autoscalers.is_empty() {
        return any(autoscalers.into_iter().map(|it| fits(it, kube)));
    }
    kube.all_workloads()?;
    let karpenter = kube.karpenter.known().map(|it| !it.is_empty());
    let nodes = kube.nodes.known();
    let others_make = nodes.as_ref().is_ok_and(|it| it.iter().all(Node::is_made_by_aws));
    let controller = kube.workloads.iter().any(|it| runs(&it, "karpenter/controller"));
    if karpenter == Ok(true) || others_make || controller {
        return Ok(Judgement::pass());
    }
    let not_considered = [karpenter.err(), nodes.err()].into_iter().flatten().collect();
    let facts = vec!["neither the cluster autoscaler nor Karpenter runs".to_owned()];
    Ok(Judgement::Fail { facts, possible: false, not_considered })
}

/// Whether an autoscaler is of the control plane's version and finds groups by itself.
fn fits(workload: &Workload, kube: &Kube) -> Verdict {
    let mut containers = workload.containers().map(|(_, it)| it);
    let it = containers.find(|it| is_image(&it.image, AUTOSCALER));
    let Some(it) = it else { return Ok(Judgement::pass()) };
    let finds = it.flags.iter().any(|it| it.starts_with("--node-group-auto-discovery"));
    let lists = (!finds).then(|| "runs without --node-group-auto-discovery".to_owned());
    let version = || {
        let server = &kube.version.known()?.git_version;
        let (own, server_minor) = (tag(&it.image), known_minor("get /version", server)?);
        let differs = own.and_then(minor).is_some_and(|it| it != server_minor);
        let fact = || format!("image tag {}, control plane {server}", own.unwrap_or_default());
        Ok(Judgement::of(differs.then(fact).into_iter().collect()))
    };
    any([Ok(Judgement::of(lists.into_iter().collect())), version()])
}
