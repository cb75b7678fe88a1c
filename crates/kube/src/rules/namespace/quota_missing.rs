use eksray_rule::{Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    inventory::{
        availability::LimitRange, cluster::Namespace, order::within, quota::ResourceQuota,
    },
    namespaces::managed_only,
};

pub(crate) const RULE: Rule =
    Rule { severity: Severity::Low, covers: &[], cis: &[], check: Check::Namespace(check) };

fn check(namespace: &Namespace, context: &Context<'_>) -> Verdict {
    let (kube, name) = (context.kube, namespace.metadata.name.as_str());
    if context.settings.single_tenant {
        return Ok(Judgement::not_applicable("every namespace has one owner"));
    }
    let workloads = kube.workloads_in(name);
    if workloads.is_empty() || managed_only(namespace, workloads) {
        kube.all_workloads()?;
        return Ok(Judgement::not_applicable("no workloads of users"));
    }
    let quota = kube.resource_quotas.known();
    let quota = quota.map(|it| within(it, name).iter().any(ResourceQuota::limits_pods));
    let defaults = kube.limit_ranges.known();
    let defaults = defaults.map(|it| within(it, name).iter().any(LimitRange::has_defaults));
    if quota == Ok(true) || defaults == Ok(true) {
        return Ok(Judgement::pass());
    }
    quota?;
    defaults?;
    Ok(Judgement::of(vec![
        "no ResourceQuota on cpu, memory or pods".to_owned(),
        "no LimitRange with defaults for containers".to_owned(),
    ]))
}
