//! The loop that all container rules share.

use eksray_rule::{Judgement, Verdict};

use crate::{
    inventory::{
        pod::{PodSpec, container::Container},
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
