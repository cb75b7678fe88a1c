use eksray_kube::rbac::{Grant, power};
use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::judge;
use crate::{
    Check, Rule,
    grants::mode,
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(3)],
    cis: &[],
    check: Check::Grant(check),
};

/// Maps of `kube-system` that steer DNS and the network of every pod.
const MAPS: [&str; 3] = ["amazon-vpc-cni", "coredns", "kube-proxy-config"];
const VERBS: [&str; 4] = ["update", "patch", "delete", "deletecollection"];

fn check(grant: &Grant<'_>, view: &ClusterView<'_>, _: &World<'_>) -> Verdict {
    if !grant.reaches("kube-system") {
        return Ok(Judgement::pass());
    }
    let Some(rules) = grant.rules.as_ref().map_err(Gap::clone)? else {
        return Ok(Judgement::not_applicable("its role does not exist"));
    };
    let target = [("", "configmaps")];
    let mut verdicts = Vec::new();
    for right in power::find(rules, &VERBS, &target) {
        let names = |map: &str| right.resource_names.iter().any(|it| it == map);
        if right.resource_names.is_empty() || MAPS.iter().any(|it| names(it)) {
            verdicts.push(judge(grant, view, &right));
        } else if names("aws-auth") {
            verdicts.push(mode(view).and_then(|mode| match mode {
                "API" => Ok(Judgement::pass()),
                _ => judge(grant, view, &right),
            }));
        }
    }
    // What exists cannot be created, so `create` alone matters where `aws-auth` is read and does not exist.
    if let [right] = power::find(rules, &["create"], &target).as_slice() {
        let judged = judge(grant, view, right);
        verdicts.push(match (mode(view), view.kube.clone()?.aws_auth.known()) {
            _ if !matches!(judged, Ok(Judgement::Fail { .. })) => judged,
            (Ok("API"), _) | (_, Ok(Some(_))) => Ok(Judgement::pass()),
            (Err(gap), _) | (_, Err(gap)) => Err(gap),
            (Ok(_), Ok(None)) => judged,
        });
    }
    any(verdicts)
}
