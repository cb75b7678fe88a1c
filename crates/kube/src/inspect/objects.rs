//! Subjects that are objects of one list, and claims that several objects make together.

use eksray_rule::{ClusterId, Entry, Fetched, Judgement, Reason, Subject, Verdict};

use super::{Check, Context};
use crate::{
    admission::{self, PolicyRef},
    ingress,
    inventory::meta::ObjectMeta,
};

/// Visits the subjects of the checks that [`super::visit`] leaves to it.
pub(super) fn visit<'a>(
    entry: &Entry<Check>,
    context: &Context<'a>,
    within: &dyn Fn(&str) -> Context<'a>,
    out: &mut Vec<(Subject, Verdict)>,
) {
    let Context { cluster, kube, .. } = *context;
    let whole = |gap| (Subject::cluster(cluster), Err(gap));
    match entry.rule.check {
        Check::Ingress(check) => out.extend(objects(cluster, &kube.ingresses, |it| {
            let group = "networking.k8s.io";
            Some((group, "Ingress", &it.metadata, check(it, &within(&it.metadata.namespace))))
        })),
        Check::WorkloadAndIngress(of_workload, of_ingress) => {
            for it in &kube.workloads {
                let verdict = of_workload(it, &within(&it.namespace));
                out.extend(verdict.map(|verdict| (context.workload(it), verdict)));
            }
            out.extend(kube.workload_gaps.first().cloned().map(whole));
            out.extend(objects(cluster, &kube.ingresses, |it| {
                let verdict = of_ingress(it, &within(&it.metadata.namespace));
                Some(("networking.k8s.io", "Ingress", &it.metadata, verdict))
            }));
        }
        Check::IngressClaim(check) => match ingress::claims(kube) {
            Err(gap) => out.push(whole(gap)),
            Ok(claims) => {
                out.extend(claims.iter().map(|it| (it.subject(cluster), check(it, context))));
            }
        },
        Check::ConfigMap(_) if is_not_asked_for(&kube.config_maps) => out.push((
            Subject::cluster(cluster),
            Ok(Judgement::not_applicable("not asked for: --include configmaps")),
        )),
        Check::ConfigMap(check) => out.extend(objects(cluster, &kube.config_maps, |it| {
            Some(("", "ConfigMap", &it.metadata, check(it, &within(&it.metadata.namespace))))
        })),
        Check::Webhooks(check) => {
            let validating = ("ValidatingWebhookConfiguration", &kube.validating_webhooks);
            let mutating = ("MutatingWebhookConfiguration", &kube.mutating_webhooks);
            for (kind, list) in [validating, mutating] {
                out.extend(objects(cluster, list, |it| {
                    Some((admission::GROUP, kind, &it.metadata, check(it, context)))
                }));
            }
        }
        Check::Policy(check) => {
            out.extend(objects(cluster, &kube.validating_policies, |it| {
                let verdict = check(PolicyRef::Built(it), context);
                Some((admission::GROUP, "ValidatingAdmissionPolicy", &it.metadata, verdict))
            }));
            out.extend(objects(cluster, &kube.policy_objects, |it| {
                let group = it.api_version.split('/').next().unwrap_or_default();
                let within = within(&it.metadata.namespace);
                let decides = it.kind != "PolicyException";
                decides.then(|| {
                    (group, it.kind.as_str(), &it.metadata, check(PolicyRef::Object(it), &within))
                })
            }));
        }
        Check::SecretStore(check) => out.extend(objects(cluster, &kube.external_secrets, |it| {
            let group = it.api_version.split('/').next().unwrap_or_default();
            let is_store = matches!(it.kind.as_str(), "ClusterSecretStore" | "SecretProviderClass");
            let within = within(&it.metadata.namespace);
            is_store.then(|| (group, it.kind.as_str(), &it.metadata, check(it, &within)))
        })),
        _ => {}
    }
}

fn is_not_asked_for<T>(list: &Fetched<T>) -> bool {
    list.gap().is_some_and(|it| it.reason == Reason::NotCollected)
}

/// The verdicts on the objects of a list, each with its group, kind and metadata; one unknown of the cluster for
/// a list that was not read.
fn objects<'a, T>(
    cluster: &ClusterId,
    list: &'a Fetched<Vec<T>>,
    judge: impl Fn(&'a T) -> Option<(&'a str, &'a str, &'a ObjectMeta, Verdict)>,
) -> Vec<(Subject, Verdict)> {
    match list.known() {
        Err(gap) => vec![(Subject::cluster(cluster), Err(gap))],
        Ok(items) => items
            .iter()
            .filter_map(judge)
            .map(|(group, kind, it, verdict)| {
                (Subject::object(cluster, group, kind, &it.namespace, &it.name), verdict)
            })
            .collect(),
    }
}
