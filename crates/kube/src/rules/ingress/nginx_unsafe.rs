use eksray_rule::{Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    catalogue::is_image,
    image::tag,
    ingress::{Controller, controller},
    inventory::{network::Ingress, workload::Workload},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[],
    cis: &[],
    check: Check::WorkloadAndIngress(retired, snippets),
};

/// Repositories of the community's controller and of those who repackage it.
const IMAGES: &[&str] = &[
    "bitnami/nginx-ingress-controller",
    "ingress-nginx/controller",
    "ingress-nginx/controller-chroot",
    "kubernetes-ingress-controller/nginx-ingress-controller",
    "rancher/nginx-ingress-controller",
];

fn retired(workload: &Workload, context: &Context<'_>) -> Option<Verdict> {
    let mut containers = workload.containers().map(|(_, it)| it);
    let found = containers.find(|it| IMAGES.iter().any(|name| is_image(&it.image, name)))?;
    let version = tag(&found.image).unwrap_or("unknown");
    let mut facts = vec![format!("ingress-nginx runs, version {version}: retired, no more fixes")];
    if let Ok(maps) = context.kube.config_maps.known() {
        let own = maps.iter().filter(|it| it.metadata.namespace == workload.namespace);
        let settings = own.flat_map(|it| &it.settings).filter(is_unsafe);
        facts.extend(settings.map(|(key, value)| format!("{key}: {value}")));
    }
    Some(Ok(Judgement::of(facts)))
}

fn is_unsafe((key, value): &(&String, &String)) -> bool {
    let unsafe_value = if *key == "allow-snippet-annotations" { "true" } else { "Critical" };
    *value == unsafe_value
}

fn snippets(ingress: &Ingress, context: &Context<'_>) -> Verdict {
    let of_nginx = |it: &&String| it.starts_with("nginx.") && it.contains("-snippet");
    let keys = ingress.metadata.annotations.keys().filter(of_nginx);
    let facts: Vec<String> = keys.map(|it| format!("annotation {it}")).collect();
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    Ok(match controller(ingress, context.kube) {
        Ok(Controller::Alb(_)) => Judgement::not_applicable("an ALB, which does not read snippets"),
        it => Judgement::Fail {
            facts,
            possible: false,
            not_considered: it.err().into_iter().collect(),
        },
    })
}
