use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{Gap, Judgement, Severity, Verdict};

use crate::{
    Check, Context, Rule,
    ingress::{Claim, Claimed, Controller, controller},
    inventory::Kube,
    namespaces::first_five,
};

pub(crate) const RULE: Rule =
    Rule { severity: Severity::Medium, covers: &[], cis: &[], check: Check::IngressClaim(check) };

fn check(claim: &Claim<'_>, context: &Context<'_>) -> Verdict {
    let namespaces: Vec<&str> = match claim.what {
        Claimed::Group(_) => claim.namespaces().into_iter().collect(),
        Claimed::Path(..) => of_one_controller(claim, context.kube)?,
    };
    if namespaces.len() < 2 || context.settings.single_tenant {
        return Ok(Judgement::pass());
    }
    let has_all =
        |owned: &Vec<String>| namespaces.iter().all(|it| owned.iter().any(|own| own == it));
    if context.settings.same_owner.iter().any(has_all) {
        return Ok(Judgement::Pass { facts: vec!["its namespaces have one owner".to_owned()] });
    }
    let (field, bound) = match claim.what {
        Claimed::Group(name) => ("group.name", is_bound(name, context.kube)?),
        Claimed::Path(..) => ("host and path", false),
    };
    if bound {
        let facts = vec!["IngressClassParams binds the group to chosen namespaces".to_owned()];
        return Ok(Judgement::Pass { facts });
    }
    Ok(Judgement::of(vec![format!("{field} claimed from namespaces {}", first_five(&namespaces))]))
}

/// Namespaces whose Ingresses one controller of the cluster joins; load balancers are apart but for groups.
fn of_one_controller<'a>(claim: &Claim<'a>, kube: &'a Kube) -> Result<Vec<&'a str>, Gap> {
    let mut by_controller: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in &claim.by {
        if let Controller::InCluster(name) = controller(it, kube)? {
            by_controller.entry(name).or_default().insert(&it.metadata.namespace);
        }
    }
    let most = by_controller.into_values().max_by_key(BTreeSet::len);
    Ok(most.unwrap_or_default().into_iter().collect())
}

fn is_bound(group: &str, kube: &Kube) -> Result<bool, Gap> {
    let objects = kube.load_balancing.known()?;
    Ok(objects
        .iter()
        .any(|it| it.spec["group"]["name"] == group && it.spec["namespaceSelector"].is_object()))
}
