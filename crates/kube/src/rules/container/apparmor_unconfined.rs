use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::of_pods_and_containers;

use crate::{
    Check, Context, Rule,
    inventory::{Kube, pod::security::TypeRef, workload::Workload},
    managed::{self, Setting},
    pod_security::{app_armor_annotations, foreign},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Runtime],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, context: &Context<'_>) -> Verdict {
    let say = |it: &Option<TypeRef>| {
        foreign(it.as_ref()).map(|it| format!("sets appArmorProfile.type: {it}"))
    };
    let mut facts = of_pods_and_containers(
        workload,
        |pod| say(&pod.app_armor_profile),
        |container| say(&container.app_armor_profile),
    );
    facts.extend(app_armor_annotations(&workload.pod_annotations));
    let facts = facts.into_iter().map(|it| (it, Setting::Unconfined));
    let mut judged = managed::judge(workload, facts);
    if let Judgement::Fail { facts, .. } = &mut judged
        && nobody_has_app_armor(context.kube)
    {
        facts.push("no effect today: every node runs Amazon Linux or Bottlerocket".to_owned());
    }
    Ok(judged)
}

/// These use SELinux instead.
fn nobody_has_app_armor(kube: &Kube) -> bool {
    let without =
        |image: &str| ["Amazon Linux", "Bottlerocket"].iter().any(|it| image.starts_with(it));
    kube.nodes.known().is_ok_and(|nodes| {
        !nodes.is_empty() && nodes.iter().all(|it| without(&it.status.node_info.os_image))
    })
}
