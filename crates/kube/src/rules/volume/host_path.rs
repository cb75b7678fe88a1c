use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{Kind, access, kind, once};

use crate::{
    Check, Context, Rule,
    host_path::{Mount, mounts, normalise},
    inventory::{pod::PodSpec, workload::Workload},
    managed::{self, Setting},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(5)],
    cis: &[],
    check: Check::Workload(check),
};

fn check(workload: &Workload, _: &Context<'_>) -> Verdict {
    let (mut facts, mut silent) = (Vec::new(), None);
    for spec in workload.specs() {
        let mounts: Vec<Mount<'_>> = mounts(spec).collect();
        let stronger = |kinds: Kind, volume: &str| {
            mounts.iter().any(|it| it.volume == volume && kind(it) == kinds)
        };
        for mount in &mounts {
            if stronger(Kind::Socket, mount.volume) {
                silent = Some("judged by volume-runtime-socket");
            } else if stronger(Kind::Sensitive, mount.volume) {
                silent = Some("judged by volume-host-path-sensitive");
            } else {
                facts.push(access(mount.clone()));
            }
        }
        facts.extend(unmounted(spec));
    }
    match (silent, managed::judge(workload, once(facts))) {
        (Some(why), Judgement::Pass { .. }) => Ok(Judgement::not_applicable(why)),
        (_, judged) => Ok(judged),
    }
}

/// An ephemeral container may mount what no other does, and admission counts it.
fn unmounted(spec: &PodSpec) -> impl Iterator<Item = (String, Setting<'static>)> {
    let used = |name: &str| {
        spec.all_containers().flat_map(|it| &it.volume_mounts).any(|it| it.name == name)
    };
    spec.volumes.iter().filter(move |it| !used(&it.name)).filter_map(|it| {
        let path = normalise(&it.host_path.as_ref()?.path);
        let fact = format!("no container mounts {path} of the node (volume {})", it.name);
        Some((fact, Setting::HostPathRead(path)))
    })
}
