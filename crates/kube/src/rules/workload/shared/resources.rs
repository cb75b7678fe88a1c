//! Requests and limits of containers, with the defaults of their namespace and of their pod.

use eksray_rule::Gap;

use crate::{
    Context,
    inventory::{
        order::within,
        pod::{
            container::Container,
            resources::{Amounts, Quantity},
        },
        workload::Workload,
    },
};

/// What LimitRanges of a namespace give containers that state nothing.
pub(in crate::rules::workload) struct Defaults {
    limits: Amounts,
    requests: Amounts,
    /// Why there may be more.
    pub(in crate::rules::workload) gap: Option<Gap>,
}

impl Defaults {
    /// Those of a workload's namespace.
    pub(in crate::rules::workload) fn of(workload: &Workload, context: &Context<'_>) -> Self {
        let gap = context.kube.limit_ranges.gap().cloned();
        let mut it = Self { limits: Amounts::default(), requests: Amounts::default(), gap };
        let ranges = context.kube.limit_ranges.known().map(Vec::as_slice).unwrap_or_default();
        let own = within(ranges, &workload.namespace).iter();
        for item in own.flat_map(|it| &it.spec.limits).filter(|it| it.type_ == "Container") {
            // As the API server completes a LimitRange.
            let limits = item.default.or(&item.max);
            let requests = item.default_request.or(&limits).or(&item.min);
            it.limits = it.limits.or(&limits);
            it.requests = it.requests.or(&requests);
        }
        it
    }
}

/// What a container lacks.
pub(in crate::rules::workload) struct Missing {
    /// What must be there.
    pub(in crate::rules::workload) fails: Vec<&'static str>,
    /// What is only said.
    pub(in crate::rules::workload) beside: Vec<&'static str>,
}

/// Looks at a container of a workload's template.
pub(in crate::rules::workload) fn missing(
    container: &Container,
    workload: &Workload,
    defaults: &Defaults,
) -> Missing {
    let (own, pod) = (&container.resources, &workload.template.resources);
    let limits = own.limits.or(&defaults.limits).or(&pod.limits);
    // A limit stands in for its request, before the namespace's default.
    let requests =
        own.requests.or(&own.limits).or(&defaults.requests).or(&pod.requests).or(&pod.limits);
    let runs_to_end = workload.template.init_containers.contains(container)
        && container.restart_policy != "Always";
    let none = |it: &Option<Quantity>| it.as_ref().is_none_or(Quantity::is_zero);
    let lacking = |all: &[(&Option<Quantity>, &'static str)]| -> Vec<&'static str> {
        all.iter().filter(|(it, _)| none(it)).map(|(_, name)| *name).collect()
    };
    let mut fails = lacking(&[(&limits.memory, "limits.memory")]);
    if !runs_to_end {
        let more = [(&requests.cpu, "requests.cpu"), (&requests.memory, "requests.memory")];
        fails.extend(lacking(&more));
    }
    let beside = lacking(&[
        (&limits.cpu, "limits.cpu"),
        (&limits.ephemeral_storage, "limits.ephemeral-storage"),
    ]);
    Missing { fails, beside }
}
