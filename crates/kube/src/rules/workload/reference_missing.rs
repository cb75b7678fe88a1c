use eksray_rule::{Fetched, Gap, Part, Severity, Subject, Verdict, any};

use super::shared::references::{autoscaler, ingress, route, service, workload};
use crate::{Check, Context, Rule};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Referrer(check),
};

fn check(context: &Context<'_>) -> Vec<(Subject, Verdict)> {
    let kube = context.kube;
    let mut all: Vec<(Subject, Verdict)> = Vec::new();
    all.extend(kube.workloads.iter().map(|it| (context.workload(it), any(workload(it, context)))));
    let mut whole: Vec<Verdict> =
        kube.workload_gaps.first().cloned().map(Err).into_iter().collect();
    let lists = [
        each(&kube.services, |it| {
            (context.object("", "Service", &it.metadata), any(service(it, context)))
        }),
        each(&kube.ingresses, |it| {
            (context.object("networking.k8s.io", "Ingress", &it.metadata), ingress(it, context))
        }),
        each(&kube.routes, |it| {
            let group = it.api_version.split('/').next().unwrap_or_default();
            (context.object(group, &it.kind, &it.metadata), route(it, context))
        }),
        each(&kube.horizontal_pod_autoscalers, |it| {
            let subject = context.object("autoscaling", "HorizontalPodAutoscaler", &it.metadata);
            (subject, any(autoscaler(it, context)))
        }),
    ];
    for list in lists {
        match list {
            Ok(judged) => all.extend(judged),
            Err(gap) => whole.push(Err(gap)),
        }
    }
    if !whole.is_empty() {
        all.push((Subject::cluster(context.cluster), any(whole)));
    }
    all
}

fn each<T>(
    list: &Fetched<Vec<T>>,
    judge: impl Fn(&T) -> (Subject, Verdict),
) -> Result<Vec<(Subject, Verdict)>, Gap> {
    Ok(list.known()?.iter().map(judge).collect())
}
