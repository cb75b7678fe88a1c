//! Escalation sets: how a role becomes something stronger that exists.

mod compute;
mod eks;
mod principals;

pub(crate) use compute::tagged;

use std::sync::LazyLock;

use eksray_rule::Gap;
use serde::Deserialize;

use super::{
    Answer, Context, Decision, Estate, Library, Policies, Request, Target, decide,
    reach::Reached,
    rights::{Gain, Rights},
};
use crate::inventory::iam::Role;

static SETS: LazyLock<Sets> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../data/escalation-sets.json"))
        .expect("data/escalation-sets.json has this shape")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sets {
    date: jiff::civil::Date,
    sets: Vec<Set>,
}

/// Actions that give power together, and over what.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Set {
    name: String,
    on: On,
    /// All of these, each by one of its alternatives.
    actions: Vec<Vec<String>>,
    /// Whom the role must trust.
    service: String,
    /// Values of `iam:PassedToService`; the service where there are none.
    passed_to: Vec<String>,
    /// The role must have an instance profile.
    profile: bool,
    /// It takes something more that nobody reads.
    possible: bool,
}

impl Default for Set {
    fn default() -> Self {
        Self {
            name: String::new(),
            on: On::AssumableRole,
            actions: Vec::new(),
            service: String::new(),
            passed_to: Vec::new(),
            profile: false,
            possible: false,
        }
    }
}

impl Set {
    /// What could not be read of the nodes that it may reach.
    fn hidden(&self, estate: &Estate<'_>) -> Vec<Gap> {
        match self.on {
            On::TemplateOfNodes => [&estate.node_gaps[..], &estate.template_gaps].concat(),
            On::Node | On::DiskOfNode => estate.node_gaps.clone(),
            _ if self.service == "ec2.amazonaws.com" => estate.node_gaps.clone(),
            _ => Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum On {
    AssumableRole,
    PolicyOfAssumableRole,
    OwnableRole,
    OwnableUser,
    GroupOfOwnableUser,
    Group,
    User,
    Role,
    OwnBoundary,
    OwnDeny,
    SamlProvider,
    OidcProvider,
    MissingOidcProvider,
    IdentityCenter,
    PassedRole,
    RoleOfAnotherService,
    RunningRole,
    Node,
    DiskOfNode,
    TemplateOfNodes,
    Cluster,
}

/// The day the sets were last compared with what is published.
pub(crate) fn date() -> jiff::civil::Date {
    SETS.date
}

/// A set that a role has, with what it gets at.
#[derive(Clone, Debug)]
pub(crate) struct Escalation {
    /// The set, what it reaches, and the statements.
    pub(crate) fact: String,
    pub(crate) answer: Answer,
    /// It leads to nodes and no further.
    pub(crate) to_node: bool,
}

/// How many targets of a set are looked for.
const TARGETS: usize = 5;

/// Who asks.
struct Me<'e, 'a> {
    role: &'e Role,
    policies: &'e Policies,
    session: Vec<&'e str>,
    estate: &'e Estate<'a>,
    library: &'e Library<'a>,
    assumable: Vec<(&'a Role, Decision)>,
}

/// Something that a set reaches.
struct Hit {
    who: String,
    gain: Gain,
    decision: Decision,
    is_node: bool,
}

/// Every set that a role has and that something existing answers; and what could not be read for it.
pub(crate) fn escalations(
    reached: &Reached<'_>,
    estate: &Estate<'_>,
    library: &Library<'_>,
) -> (Vec<Escalation>, Vec<Gap>) {
    let (role, policies) = (reached.role, &reached.policies);
    let assumable = library.trusts.assumable_by(role, policies);
    let me = Me { role, policies, session: reached.session(), estate, library, assumable };
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    for set in &SETS.sets {
        let hits = match set.on {
            On::Cluster => eks::clusters(&me, &mut gaps),
            On::PassedRole => compute::passed(set, &me),
            On::RoleOfAnotherService => compute::of_another_service(&me),
            On::RunningRole => compute::running(set, &me),
            On::Node | On::DiskOfNode | On::TemplateOfNodes => compute::nodes(set, &me),
            _ => principals::hits(set, &me),
        };
        found.extend(hits.into_iter().map(|hit| escalation(set, hit)));
        let hidden = set.hidden(estate);
        if !hidden.is_empty() {
            let anywhere = me.may_all(set, Target::Any("*"), &policies.context);
            gaps.extend(hidden.into_iter().filter(|_| anywhere.answer != Answer::No));
        }
    }
    gaps.sort();
    gaps.dedup();
    found.sort_by_key(|it| std::cmp::Reverse(it.answer));
    let mut told = std::collections::BTreeSet::new();
    found.retain(|it| told.insert(it.fact.clone()));
    (found, gaps)
}

fn escalation(set: &Set, hit: Hit) -> Escalation {
    let mut answer = hit.decision.answer.min(hit.gain.answer);
    if set.possible {
        answer = answer.min(Answer::Maybe);
    }
    let Hit { who, gain, decision, is_node } = hit;
    let mut fact = format!("{}: {who} {} ({})", set.name, gain.text, decision.by.join(", "));
    if !decision.undecided.is_empty() {
        let keys: Vec<&str> = decision.undecided.iter().map(String::as_str).collect();
        fact = format!("{fact}, undecided {}", keys.join(", "));
    }
    Escalation { fact, answer, to_node: is_node }
}

impl Me<'_, '_> {
    fn may(&self, action: &str, resource: Target<'_>) -> Decision {
        self.may_in(action, resource, &self.policies.context)
    }

    fn may_in(&self, action: &str, resource: Target<'_>, context: &Context) -> Decision {
        decide(self.policies, &Request { action, resource, context })
    }

    /// Every action of a set on one resource.
    fn may_all(&self, set: &Set, resource: Target<'_>, context: &Context) -> Decision {
        let mut all = Decision { answer: Answer::Yes, ..Decision::no() };
        for alternatives in &set.actions {
            let one = |action: &String| self.may_in(action, resource, context);
            all = all.and(alternatives.iter().map(one).fold(Decision::no(), Decision::or));
            if all.answer == Answer::No {
                break;
            }
        }
        all
    }

    /// What becoming another role gives.
    fn gain(&self, role: &Role) -> Option<Gain> {
        if role.arn == self.role.arn {
            return None;
        }
        let gain = self.estate.rights_of(role, self.library).beyond(self.policies);
        let node = || {
            let nodes = &self.estate.node_roles;
            let new = nodes.contains_key(&role.arn) && !nodes.contains_key(&self.role.arn);
            new.then(|| Gain::sure("is the role of nodes"))
        };
        gain.or_else(node)
    }

    /// Whether a role is good for nothing more than nodes.
    fn is_node(&self, role: &Role) -> bool {
        let rights = || self.estate.rights_of(role, self.library);
        self.estate.node_roles.contains_key(&role.arn) && rights().beyond(self.policies).is_none()
    }

    /// The rights that the same role would have under other policies, where they are more.
    fn regained(&self, role: &Role, policies: &Policies) -> Option<Gain> {
        Rights::of_role(role, policies).beyond(self.policies)
    }
}

/// A role or another principal without what its ARN says about the account.
fn short(arn: &str) -> &str {
    arn.splitn(6, ':').nth(5).unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_file_is_read() {
        assert!(date().year() >= 2026);
        for set in &SETS.sets {
            assert!(!set.name.is_empty());
            assert!(set.actions.iter().flatten().all(|it| it.contains(':')), "{}", set.name);
            assert!(matches!(set.on, On::PassedRole | On::RunningRole) != set.service.is_empty());
        }
    }
}
