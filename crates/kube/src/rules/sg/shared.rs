//! Which pods a `SecurityGroupPolicy` means, and what the VPC CNI is told.

use eksray_rule::{Gap, Reason};

use crate::{
    Context,
    inventory::{
        cluster::CustomObject,
        meta::{LabelSelector, Labels},
        order::named,
        workload::Workload,
    },
    netpol::{Answer, selects},
};

/// Workloads that a policy selects by labels of the pods or of their accounts.
pub(super) fn selected<'a>(
    policy: &CustomObject,
    context: &Context<'a>,
) -> Result<Vec<&'a Workload>, Gap> {
    let pods = selector(policy, "podSelector")?;
    let accounts = selector(policy, "serviceAccountSelector")?;
    let candidates = context.kube.workloads_in(&policy.metadata.namespace).iter();
    let mut found = Vec::new();
    for workload in candidates.filter(|it| !it.template.host_network) {
        let by_pods = pods.as_ref().is_none_or(|it| selects(it, workload) == Answer::Yes);
        let by_account = match &accounts {
            Some(it) if by_pods => it.matches(&account_labels(workload, context)?),
            _ => true,
        };
        if by_pods && by_account {
            found.push(workload);
        }
    }
    Ok(found)
}

/// A variable of a container of the VPC CNI.
pub(super) fn setting<'a>(agent: &'a Workload, name: &str) -> Option<&'a str> {
    agent.template.containers.iter().find_map(|it| it.settings.get(name)).map(String::as_str)
}

fn selector(policy: &CustomObject, field: &str) -> Result<Option<LabelSelector>, Gap> {
    let value = policy.spec[field].clone();
    serde_json::from_value(value).map_err(|it| Gap {
        call: "list securitygrouppolicies.vpcresources.k8s.aws".to_owned(),
        reason: Reason::Malformed,
        detail: it.to_string(),
    })
}

fn account_labels(workload: &Workload, context: &Context<'_>) -> Result<Labels, Gap> {
    let accounts = context.kube.service_accounts.known()?;
    let own = named(accounts, &workload.namespace, workload.template.service_account());
    Ok(own.map(|it| it.metadata.labels.clone()).unwrap_or_default())
}
