//! The loops that container rules share, and the excuse of those about root.

use eksray_rule::{Judgement, Verdict};

use crate::{
    Context,
    inventory::{
        pod::{
            PodSpec,
            container::Container,
            security::{PodSecurityContext, SecurityContext},
        },
        workload::Workload,
    },
    managed::{self, Setting},
};

/// What a rule says of one container.
pub(super) enum Seen<'a> {
    /// Nothing wrong.
    Fine,
    /// What is wrong, and the settings that make it so.
    Bad(Vec<(String, Setting<'a>)>),
    /// The question does not arise, or a stronger rule judges it.
    Silent(&'static str),
}

/// Looks at every container of the template and of live pods that differ from it, each fact once.
pub(super) fn each<'a>(
    workload: &'a Workload,
    look: impl Fn(&'a PodSpec, &'a Container) -> Seen<'a>,
) -> Verdict {
    let (mut facts, mut fine, mut silent) = (Vec::<(String, Setting<'a>)>::new(), false, None);
    let containers =
        workload.specs().flat_map(|spec| spec.all_containers().map(move |it| (spec, it)));
    for (spec, container) in containers {
        match look(spec, container) {
            Seen::Fine => fine = true,
            Seen::Silent(why) => silent = Some(why),
            Seen::Bad(found) => {
                for (fact, setting) in found {
                    if facts.iter().all(|(known, _)| *known != fact) {
                        facts.push((fact, setting));
                    }
                }
            }
        }
    }
    match silent {
        Some(why) if facts.is_empty() && !fine => Ok(Judgement::not_applicable(why)),
        _ => Ok(managed::judge(workload, facts)),
    }
}

impl<'a> Seen<'a> {
    /// Bad for one reason.
    pub(super) fn bad(fact: String, setting: Setting<'a>) -> Self {
        Self::Bad(vec![(fact, setting)])
    }
}

/// What is wrong with the settings of pods and with those of their containers, each fact once.
pub(super) fn of_pods_and_containers(
    workload: &Workload,
    of_pod: impl Fn(&PodSecurityContext) -> Option<String>,
    of_container: impl Fn(&SecurityContext) -> Option<String>,
) -> Vec<String> {
    let mut facts = Vec::new();
    for spec in workload.specs() {
        let pod = of_pod(&spec.security_context).map(|it| format!("pod {it}"));
        let containers = spec.all_containers().filter_map(|it| {
            Some(format!("container {} {}", it.name, of_container(&it.security_context)?))
        });
        for fact in pod.into_iter().chain(containers) {
            if !facts.contains(&fact) {
                facts.push(fact);
            }
        }
    }
    facts
}

/// The first minor version whose Pod Security Standards let pods in user namespaces run as root.
const USER_NAMESPACES: u32 = 35;

/// Accepts root where every pod is in a user namespace, as the API server's version does.
pub(super) fn excuse_user_namespaces(
    workload: &Workload,
    context: &Context<'_>,
    judged: Judgement,
) -> Judgement {
    let Judgement::Fail { facts, possible, mut not_considered } = judged else { return judged };
    if workload.specs().any(|it| it.host_users != Some(false)) {
        return Judgement::Fail { facts, possible, not_considered };
    }
    match context.kube.minor() {
        Ok(minor) if minor >= USER_NAMESPACES => {
            let reason = "hostUsers: false maps user 0 to an ordinary user";
            return Judgement::accepted(facts, reason);
        }
        Ok(_) => {}
        Err(gap) => not_considered.push(gap),
    }
    Judgement::Fail { facts, possible, not_considered }
}
