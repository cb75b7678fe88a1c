//! What the rules about bindings share: what excuses a right, and how it is said.

use eksray_rule::{Gap, Judgement, Verdict};

use crate::{
    Context,
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, catalogue, power},
};

/// Fails a grant for the rights that its role has, unless it ships with the cluster, belongs to an add-on that
/// needs them, or stays within the built-in role `admin` of a namespace for people.
pub(super) fn judge(
    grant: &Grant<'_>,
    context: &Context<'_>,
    find: impl Fn(&Rules<'_>) -> Vec<PolicyRule>,
) -> Verdict {
    let Some(rules) = grant.rules.as_ref().map_err(Gap::clone)? else {
        return Ok(no_role());
    };
    let rights = find(rules);
    if rights.is_empty() {
        return Ok(Judgement::pass());
    }
    let person =
        grant.subject.kind != "ServiceAccount" && !grant.subject.name.starts_with("system:");
    if person && catalogue::is_within_admin(rules) && is_local(grant, context)? {
        let fact = format!("{} stays within ClusterRole admin, {}", role(grant), place(grant));
        return Ok(Judgement::Pass { facts: vec![fact] });
    }
    let facts = if is_everything(grant) {
        vec![format!("{} allows * on * {}", role(grant), place(grant))]
    } else {
        facts(grant, &rights)
    };
    excuse(grant, context, facts, &rights)
}

/// As [`judge`], but silent about roles that allow everything.
pub(super) fn judge_part(
    grant: &Grant<'_>,
    context: &Context<'_>,
    find: impl Fn(&Rules<'_>) -> Vec<PolicyRule>,
) -> Verdict {
    if is_everything(grant) {
        return Ok(Judgement::not_applicable("judged by rbac-cluster-admin-bound"));
    }
    judge(grant, context, find)
}

/// The rights that a finder finds, none where the role does not exist or could not be read.
pub(super) fn rights(
    grant: &Grant<'_>,
    find: impl Fn(&Rules<'_>) -> Vec<PolicyRule>,
) -> Vec<PolicyRule> {
    let rules = grant.rules.as_ref().ok().and_then(Option::as_ref);
    rules.map(|it| find(it)).unwrap_or_default()
}

/// Whether a role allows everything.
pub(super) fn is_everything(grant: &Grant<'_>) -> bool {
    matches!(&grant.rules, Ok(Some(rules)) if power::is_everything(rules))
}

/// Whether a grant counts in one namespace only, whose accounts do not own the cluster.
pub(super) fn is_local(grant: &Grant<'_>, context: &Context<'_>) -> Result<bool, Gap> {
    let namespace = grant.binding.metadata.namespace.as_str();
    Ok(!grant.is_cluster_wide() && !context.rbac.is_privileged(namespace)?)
}

/// Whether a grant is for nodes, which admission keeps to the pods that run on them.
pub(super) fn is_for_nodes(grant: &Grant<'_>) -> bool {
    (grant.subject.kind.as_str(), grant.subject.name.as_str()) == ("Group", "system:nodes")
}

/// Accepts what ships with the cluster and what add-ons need by design; fails the rest.
pub(super) fn excuse(
    grant: &Grant<'_>,
    context: &Context<'_>,
    facts: Vec<String>,
    rights: &[PolicyRule],
) -> Verdict {
    if catalogue::is_default(grant) {
        return Ok(Judgement::accepted(facts, "default binding of the cluster"));
    }
    Ok(match catalogue::by_design(grant, rights, context.kube) {
        Ok(Some(add_on)) => Judgement::accepted(facts, format!("by design: {add_on}")),
        Ok(None) => Judgement::of(facts),
        Err(gap) => Judgement::Fail { facts, possible: false, not_considered: vec![gap] },
    })
}

/// The first five rights with the role that gives them and where, and how many more there are.
pub(super) fn facts(grant: &Grant<'_>, rights: &[PolicyRule]) -> Vec<String> {
    let place = place(grant);
    let say = |it: &PolicyRule| format!("{} allows {} {place}", role(grant), power::describe(it));
    let mut facts: Vec<String> = rights.iter().take(5).map(say).collect();
    if let Some(more @ 1..) = rights.len().checked_sub(5) {
        facts.push(format!("and {more} more"));
    }
    facts
}

/// A binding without a role gives nothing yet.
pub(super) fn no_role() -> Judgement {
    Judgement::not_applicable("its role does not exist")
}

/// The role of a grant, as facts name it.
pub(super) fn role(grant: &Grant<'_>) -> String {
    let reference = &grant.binding.role_ref;
    format!("{} {}", reference.kind, reference.name)
}

/// Where a grant applies, as facts say it.
pub(super) fn place(grant: &Grant<'_>) -> String {
    match grant.binding.metadata.namespace.as_str() {
        "" => "in every namespace".to_owned(),
        namespace => format!("in namespace {namespace}"),
    }
}
