//! What the rules about bindings share: what excuses a right, and how it is said.

use eksray_rule::{Gap, Judgement, Verdict};

use crate::{
    Context,
    inventory::rbac::PolicyRule,
    rbac::{Grant, catalogue, power},
};

/// Rights that a rule found, one resource per entry.
pub(super) type Finder = fn(&[&PolicyRule]) -> Vec<PolicyRule>;

/// Fails a grant for the rights that its role has, unless it ships with the cluster, belongs to an add-on that
/// needs them, or stays within the built-in role `admin` of a namespace for people.
pub(super) fn judge(grant: &Grant<'_>, context: &Context<'_>, find: Finder) -> Verdict {
    let Some(rules) = grant.rules.as_ref().map_err(Gap::clone)? else {
        return Ok(no_role());
    };
    let rights = find(rules);
    if rights.is_empty() {
        return Ok(Judgement::pass());
    }
    let namespace = grant.binding.metadata.namespace.as_str();
    let person =
        grant.subject.kind != "ServiceAccount" && !grant.subject.name.starts_with("system:");
    if person
        && !grant.is_cluster_wide()
        && catalogue::is_within_admin(rules)
        && !context.rbac.is_privileged(namespace)?
    {
        let fact =
            format!("{} stays within ClusterRole admin, in namespace {namespace}", role(grant));
        return Ok(Judgement::Pass { facts: vec![fact] });
    }
    let facts = if power::is_everything(rules) {
        vec![format!("{} allows * on * {}", role(grant), place(grant))]
    } else {
        facts(grant, &rights)
    };
    excuse(grant, context, facts, &rights)
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

/// Each right with the role that gives it and where.
pub(super) fn facts(grant: &Grant<'_>, rights: &[PolicyRule]) -> Vec<String> {
    let place = place(grant);
    let say = |it: &PolicyRule| format!("{} allows {} {place}", role(grant), power::describe(it));
    rights.iter().map(say).collect()
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
