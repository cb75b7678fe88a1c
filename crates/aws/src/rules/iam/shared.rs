//! What a role may do beyond a baseline or on everything, by class; and whose role it is.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{ClusterId, Gap};

use crate::{
    action_sets::{Controller, Kinds, by_class, controllers, only_reads, remote_exec},
    iam::{
        Answer, Context, Decision, Document, Effect, Estate, Policies, Request, Selection, Target,
        decide,
        everywhere::everywhere,
        granted_among,
        reach::{Reached, Via},
        selects_action, tagged,
    },
    inspect::{few, items},
    inventory::iam::Role,
};

/// How many actions of a class a fact names.
const NAMED: usize = 5;

/// Rights of a role that its baseline does not need.
pub(super) struct Excess {
    /// One fact per class and deciding statements.
    pub(super) facts: Vec<String>,
    /// `Maybe` when every one of them hangs on a condition that cannot be decided.
    pub(super) answer: Answer,
    /// List and describe actions that it does not need either.
    pub(super) reads: Vec<String>,
}

/// Rights by class and by the statements that grant them.
pub(super) struct Rights<'c> {
    found: BTreeMap<(&'c str, String), Vec<String>>,
    /// The surest of them.
    pub(super) answer: Answer,
}

impl<'c> Rights<'c> {
    pub(super) fn none() -> Self {
        Self { found: BTreeMap::new(), answer: Answer::No }
    }

    pub(super) fn note(&mut self, class: &'c str, action: &str, decision: &Decision) {
        if decision.answer == Answer::No {
            return;
        }
        self.answer = self.answer.max(decision.answer);
        let by = decision.by.join(", ");
        self.found.entry((class, by)).or_default().push(action.to_owned());
    }

    pub(super) fn has(&self, action: &str) -> bool {
        self.found.values().flatten().any(|it| it == action)
    }

    pub(super) fn facts(self) -> Vec<String> {
        let facts = self.found.into_iter().map(|((class, by), mut actions)| {
            actions.sort();
            let more = match actions.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            actions.truncate(NAMED);
            format!("{class}: {}{more} ({by})", actions.join(", "))
        });
        facts.collect()
    }
}

/// What goes beyond a baseline, compared by action, whatever the policies are called.
pub(super) fn beyond(policies: &Policies, needed: fn(&str) -> bool) -> Excess {
    let ask = |action: &str| {
        let resource = Target::Any("*");
        decide(policies, &Request { action, resource, context: &policies.context })
    };
    let mut rights = Rights::none();
    let mut classed = BTreeSet::new();
    for (class, action) in by_class().filter(|(_, action)| !needed(action)) {
        classed.insert(action.to_ascii_lowercase());
        rights.note(class, action, &ask(action));
    }
    let mut reads = Vec::new();
    for action in granted(policies) {
        if needed(action) || classed.contains(action) {
            continue;
        }
        let decision = ask(action);
        match decision.answer {
            Answer::No => {}
            _ if only_reads(action) => reads.push(format!("surplus read {action}")),
            _ => rights.note("write", action, &decision),
        }
    }
    Excess { answer: rights.answer, facts: rights.facts(), reads }
}

/// Action patterns that some Allow has, in lower case.
fn granted(policies: &Policies) -> BTreeSet<&str> {
    let statements = policies.identity.iter().flat_map(|it| &it.statements);
    let allows = statements.filter(|it| it.effect == Effect::Allow);
    let patterns = allows.filter_map(|it| match &it.actions {
        Selection::Only(patterns) => Some(patterns),
        Selection::AllBut(_) => None, // Judged by the classes: what is left has no name.
    });
    patterns.flatten().map(String::as_str).collect()
}

/// Which of these actions are allowed on every resource of their kind.
pub(super) fn wide<'k>(
    role: &Role,
    policies: &Policies,
    context: &Context,
    kinds: &'k Kinds,
    skipped: impl Fn(&str) -> bool,
) -> Rights<'k> {
    let mut rights = Rights::none();
    for (class, actions) in kinds {
        for (action, kind) in actions.iter().filter(|it| !skipped(it.0)) {
            let decision = everywhere(policies, action, kind, &role.arn, context);
            rights.note(class, action, &decision);
        }
    }
    rights
}

/// The controller whose role this is: only its service account or its add-on gets the role, and its
/// rights are within the published policy. Whoever else gets it is no controller.
pub(super) fn controller(reached: &Reached<'_>) -> Option<&'static Controller> {
    controllers().iter().find(|controller| {
        let own = |via: &Via| match via {
            Via::WebIdentity => true,
            Via::PodIdentity(namespace, name) => {
                controller.namespaces.contains(namespace) && controller.service_account == *name
            }
            Via::Addon(name) => *name == controller.addon,
            _ => false,
        };
        let named = reached.service_accounts.iter().all(|it| {
            controller.namespaces.contains(&it.namespace) && controller.service_account == it.name
        });
        let within = |it: &str| controller.needs(it) || only_reads(it);
        let open = reached
            .policies
            .identity
            .iter()
            .flat_map(|it| &it.statements)
            .any(|it| it.effect == Effect::Allow && matches!(it.actions, Selection::AllBut(_)));
        named
            && !open
            && reached.routes.iter().all(|it| own(&it.via))
            && granted(&reached.policies).into_iter().all(within)
    })
}

/// The trust policy of a role; the gap is that IAM was not read.
pub(super) fn trust<'e>(role: &Role, estate: &'e Estate<'_>) -> Result<&'e Document, Gap> {
    let roles = &estate.library()?.trusts.roles;
    let missing = || crate::node_pool::missing("iam:GetAccountAuthorizationDetails", &role.arn);
    roles.get(role.arn.as_str()).map(|(_, trust)| trust).ok_or_else(missing)
}

/// Whether an access entry makes it the role of hybrid nodes.
pub(super) fn is_hybrid(role: &Role, estate: &Estate<'_>) -> Result<bool, Gap> {
    for region in estate.context.regions() {
        for cluster in region.region.clusters.known()? {
            for entry in cluster.access_entries.known()? {
                if entry.principal_arn == role.arn
                    && entry.described.known()?.type_ == "HYBRID_LINUX"
                {
                    return Ok(true);
                }
            }
        }
    }
    Ok(false)
}

/// What a cluster has that tampering is about, by the action; the gap is that its security group was not read.
pub(super) fn own_resources(
    reached: &Reached<'_>,
    estate: &Estate<'_>,
) -> (Vec<(&'static str, String)>, Option<Gap>) {
    let (mut found, mut gap) = (Vec::new(), None);
    for region in estate.context.regions() {
        for cluster in items(&region.region.clusters) {
            let id = region.cluster_id(&cluster.name);
            if !reached.clusters.contains(&id) {
                continue;
            }
            found.push(("eks:UpdateClusterConfig", id.0));
            let group = format!("log-group:/aws/eks/{}/cluster", cluster.name);
            for group in [format!("{group}:*"), group] {
                let arn = region.arn("logs", &group);
                found.extend(
                    ["logs:DeleteLogGroup", "logs:PutRetentionPolicy"].map(|it| (it, arn.clone())),
                );
            }
            match cluster.described.known().map(|it| it.cluster_security_group_id.as_ref()) {
                Ok(Some(group)) => {
                    let arn = region.arn("ec2", &format!("security-group/{group}"));
                    found.push(("ec2:AuthorizeSecurityGroupIngress", arn));
                }
                Ok(None) => {}
                Err(it) => gap = Some(it),
            }
        }
    }
    (found, gap)
}

/// Instances with another role, nodes first of all, that a role may run code on although it may not on all;
/// the gap is that instances were not read.
pub(super) fn machines(
    reached: &Reached<'_>,
    estate: &Estate<'_>,
) -> Result<(Vec<String>, Answer), Gap> {
    let (policies, own) = (&reached.policies, reached.role.arn.as_str());
    let (mut facts, mut answer, mut anywhere) = (Vec::new(), Answer::No, false);
    for (action, kind) in remote_exec().get("instance").into_iter().flatten() {
        let context = policies.context.clone().untagged();
        if everywhere(policies, action, kind, own, &context).answer != Answer::No {
            continue;
        }
        for arn in granted_among(policies, action, &estate.machines) {
            let machine = &estate.machines[arn];
            let carries = machine.pool.is_some() || machine.role.is_some();
            if machine.role == Some(own) || !carries {
                continue;
            }
            let context = tagged(&policies.context, machine.tags);
            let request = Request { action, resource: Target::All(arn), context: &context };
            let decision = decide(policies, &request);
            if decision.answer != Answer::No {
                answer = answer.max(decision.answer);
                let what = arn.splitn(6, ':').nth(5).unwrap_or(arn);
                let of = machine
                    .pool
                    .as_ref()
                    .or(machine.role.map(str::to_owned).as_ref())
                    .cloned()
                    .unwrap_or_default();
                facts.push(format!("{action} on {what} of {of} ({})", decision.by.join(", ")));
            }
        }
        let resource = Target::Any("*");
        let request = Request { action, resource, context: &policies.context };
        anywhere |= decide(policies, &request).answer != Answer::No;
    }
    match estate.node_gaps.first() {
        Some(gap) if facts.is_empty() && anywhere => Err(gap.clone()),
        _ => Ok((facts, answer)),
    }
}

/// Resources that carry a role, which a role may change although it may not change all of them: that they exist is not read.
pub(super) fn named(reached: &Reached<'_>) -> Rights<'static> {
    let policies = &reached.policies;
    let mut rights = Rights::none();
    for (action, kind) in remote_exec().get("resource").into_iter().flatten() {
        let context = policies.context.clone().untagged();
        let all = everywhere(policies, action, kind, &reached.role.arn, &context);
        if all.answer == Answer::No {
            let resource = Target::Any("*");
            let request = Request { action, resource, context: &policies.context };
            let some = decide(policies, &request);
            let answer = some.answer.min(Answer::Maybe);
            rights.note("where it exists", action, &Decision { answer, ..some });
        }
    }
    rights
}

/// Roles of other accounts by an example each, where an Allow of an action names such an account.
pub(super) fn foreign_roles(policies: &Policies, action: &str, own: &str) -> BTreeSet<String> {
    let action = action.to_ascii_lowercase();
    let account = |it: &str| it.split(':').nth(4).unwrap_or_default().to_owned();
    let statements = policies.identity.iter().flat_map(|it| &it.statements);
    let allows = statements.filter(|it| it.effect == Effect::Allow && selects_action(it, &action));
    let patterns = allows.filter_map(|it| match &it.resources {
        Selection::Only(patterns) => Some(patterns),
        Selection::AllBut(_) => None,
    });
    let foreign = patterns.flatten().filter(|it| {
        let named = account(it);
        named.len() == 12 && named != account(own) && !named.contains(['*', '?'])
    });
    let partition = own.split(':').nth(1).unwrap_or("aws");
    foreign.map(|it| format!("arn:{partition}:iam::{}:role/x", account(it))).collect()
}

/// A service that starts clusters or pods with a role.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    Eks,
    Fargate,
}

impl Service {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Eks => "eks.amazonaws.com",
            Self::Fargate => "eks-fargate-pods.amazonaws.com",
        }
    }
}

/// What a role of control planes or of Fargate is used for.
#[derive(Default)]
pub(super) struct Served {
    pub(super) services: Vec<Service>,
    clusters: BTreeSet<ClusterId>,
    /// Clusters that may use it too.
    pub(super) gaps: Vec<Gap>,
}

pub(super) fn served(role: &Role, estate: &Estate<'_>) -> Served {
    let mut served = Served::default();
    let is_it = |arn: &Option<String>| arn.as_ref() == Some(&role.arn);
    for region in estate.context.regions() {
        served.gaps.extend(region.region.clusters.gap().cloned());
        for cluster in items(&region.region.clusters) {
            let id = region.cluster_id(&cluster.name);
            match cluster.described.known() {
                Ok(it) if is_it(&it.role_arn) => served.add(Service::Eks, &id),
                Ok(_) => {}
                Err(gap) => served.gaps.push(gap),
            }
            served.gaps.extend(cluster.fargate_profiles.gap().cloned());
            for profile in items(&cluster.fargate_profiles) {
                match profile.described.known() {
                    Ok(it) if is_it(&it.pod_execution_role_arn) => {
                        served.add(Service::Fargate, &id);
                    }
                    Ok(_) => {}
                    Err(gap) => served.gaps.push(gap),
                }
            }
        }
    }
    served
}

impl Served {
    fn add(&mut self, service: Service, cluster: &ClusterId) {
        if !self.services.contains(&service) {
            self.services.push(service);
        }
        self.clusters.insert(cluster.clone());
    }

    /// Whom else the role serves, as facts.
    pub(super) fn shared(&self, role: &Role, estate: &Estate<'_>) -> Vec<String> {
        let mut facts = Vec::new();
        if self.clusters.len() > 1 {
            let names: Vec<String> = self.clusters.iter().map(|it| it.0.clone()).collect();
            facts.push(format!("serves clusters {}", few(names)));
        }
        if estate.node_roles.contains_key(&role.arn) {
            facts.push("is the role of nodes too".to_owned());
        }
        facts
    }
}
