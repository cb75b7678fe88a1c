//! What rules about bindings share that need both sides.

use eksray_kube::{
    inventory::rbac::PolicyRule,
    rbac::{Grant, Rules, catalogue, power, request::covers},
};
use eksray_rule::{Judgement, Verdict};

use crate::world::ClusterView;

/// Fails a grant for a right in `kube-system`, unless it ships with the cluster or belongs to an add-on that needs it.
pub(super) fn judge(grant: &Grant<'_>, view: &ClusterView<'_>, right: &PolicyRule) -> Verdict {
    let place = match grant.binding.metadata.namespace.as_str() {
        "" => "in every namespace".to_owned(),
        namespace => format!("in namespace {namespace}"),
    };
    let facts = vec![format!("{} allows {} {place}", role(grant), power::describe(right))];
    if catalogue::is_default(grant) {
        return Ok(Judgement::accepted(facts, "default binding of the cluster"));
    }
    let rights = std::slice::from_ref(right);
    Ok(match catalogue::by_design(grant, rights, view.kube.clone()?) {
        Ok(Some(add_on)) => Judgement::accepted(facts, format!("by design: {add_on}")),
        Ok(None) => Judgement::of(facts),
        Err(gap) => Judgement::Fail { facts, possible: false, not_considered: vec![gap] },
    })
}

/// The role of a grant, as facts name it.
pub(super) fn role(grant: &Grant<'_>) -> String {
    let reference = &grant.binding.role_ref;
    format!("{} {}", reference.kind, reference.name)
}

/// Whether a rule stays within what `system:public-info-viewer` ships with: health and version.
pub(super) fn is_public_info(rule: &PolicyRule) -> bool {
    let shipped = PolicyRule {
        verbs: vec!["get".to_owned()],
        non_resource_urls: ["/healthz", "/livez", "/readyz", "/version", "/version/"]
            .map(str::to_owned)
            .into(),
        ..PolicyRule::default()
    };
    covers(&Rules::from_iter([&shipped]), rule)
}
