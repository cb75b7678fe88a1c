use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use crate::{
    Check, Context, Rule,
    inventory::{cluster::Namespace, meta::ObjectMeta, workload::Workload},
    managed::is_managed_by_aws,
    namespaces::first_five,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(3)],
    cis: &["4.5.1", "4.5.2"],
    check: Check::Namespace(check),
};

const DEFAULT: &str = "default";

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    if namespace.metadata.name != DEFAULT {
        return Ok(Judgement::not_applicable("not namespace default"));
    }
    let kube = context.kube;
    let here = |it: &&Workload| it.namespace == DEFAULT && !it.mirror && !is_managed_by_aws(it);
    let workloads: Vec<_> = kube.workloads.iter().filter(here).map(|it| it.name.as_str()).collect();
    let services = kube.services.known().map(|it| names(it, |it| &it.metadata));
    let ingresses = kube.ingresses.known().map(|it| names(it, |it| &it.metadata));
    let claims = kube.persistent_volume_claims.known().map(|it| names(it, |it| &it.metadata));
    any([
        say("workloads", Ok(workloads)),
        kube.all_workloads().map(|_| Judgement::pass()),
        say("Services", services),
        say("Ingresses", ingresses),
        say("claims", claims),
    ])
}

/// Names of the objects in the namespace, but for the API server's own Service.
fn names<T>(list: &[T], metadata: impl Fn(&T) -> &ObjectMeta) -> Vec<&str> {
    let here = list.iter().map(metadata).filter(|it| it.namespace == DEFAULT);
    here.map(|it| it.name.as_str()).filter(|it| *it != "kubernetes").collect()
}

fn say(what: &str, names: Result<Vec<&str>, Gap>) -> Verdict {
    let names = names?;
    let fact = (!names.is_empty()).then(|| format!("{what}: {}", first_five(&names)));
    Ok(Judgement::of(fact.into_iter().collect()))
}
