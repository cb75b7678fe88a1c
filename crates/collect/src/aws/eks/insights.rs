//! EKS: insights about a cluster.

use aws_sdk_eks::types;
use eksray_aws::inventory::insights::{Deprecation, Insight, InsightDescription};
use eksray_rule::{Gap, Reason};
use futures::future::join_all;

use crate::aws::{
    parse::{required, sorted, timestamp},
    place::Place,
    read::{Page, Parsed},
};

/// `eks:ListInsights` of every category; those that do not pass are described.
pub(crate) async fn insights(place: &Place, cluster: &str) -> Result<Vec<Insight>, Gap> {
    let call = place.read("eks:ListInsights").all(
        |token| {
            let request = place.eks.list_insights().cluster_name(cluster).max_results(100);
            request.set_next_token(token).send()
        },
        |it| {
            let items = it.insights.unwrap_or_default().into_iter().map(insight);
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    let insights = sorted(call.await?, |it| it.id.as_str());
    Ok(join_all(insights.into_iter().map(|it| async move {
        let described = match it.status.as_str() {
            "WARNING" | "ERROR" => describe(place, cluster, &it.id).await,
            _ => Err(Gap {
                call: "eks:DescribeInsight".to_owned(),
                reason: Reason::NotCollected,
                detail: "the insight does not fail".to_owned(),
            }),
        };
        Insight { described: described.into(), ..it }
    }))
    .await)
}

fn insight(it: types::InsightSummary) -> Parsed<Insight> {
    let status = required("insightStatus", it.insight_status)?;
    Ok(Insight {
        id: required("id", it.id)?,
        name: it.name.unwrap_or_default(),
        category: required("category", it.category)?.as_str().to_owned(),
        status: required("insightStatus.status", status.status)?.as_str().to_owned(),
        reason: status.reason.unwrap_or_default(),
        last_refresh_time: timestamp(it.last_refresh_time.as_ref()),
        ..Insight::default()
    })
}

async fn describe(place: &Place, cluster: &str, id: &str) -> Result<InsightDescription, Gap> {
    let call = place.read("eks:DescribeInsight").once(
        || place.eks.describe_insight().cluster_name(cluster).id(id).send(),
        |it| Ok(description(required("insight", it.insight)?)),
    );
    call.await
}

fn description(it: types::Insight) -> InsightDescription {
    let passes = |it: &types::InsightResourceDetail| {
        let status = it.insight_status().and_then(|it| it.status());
        status == Some(&types::InsightStatusValue::Passing)
    };
    let resources = it.resources.unwrap_or_default().into_iter().filter(|it| !passes(it));
    let resources = resources.filter_map(|it| it.arn.or(it.kubernetes_resource_uri)).collect();
    let summary = it.category_specific_summary;
    let (deprecations, addons) = summary
        .map(|it| (it.deprecation_details, it.addon_compatibility_details))
        .unwrap_or_default();
    let addons = addons.unwrap_or_default().into_iter();
    InsightDescription {
        resources: sorted(resources, String::as_str),
        deprecations: deprecations.unwrap_or_default().into_iter().map(deprecation).collect(),
        compatible_addons: addons
            .filter_map(|it| Some((it.name?, it.compatible_versions.unwrap_or_default())))
            .collect(),
    }
}

fn deprecation(it: types::DeprecationDetail) -> Deprecation {
    let clients = it.client_stats.unwrap_or_default().into_iter();
    Deprecation {
        usage: it.usage.unwrap_or_default(),
        replaced_with: it.replaced_with,
        stop_serving_version: it.stop_serving_version,
        user_agents: sorted(clients.filter_map(|it| it.user_agent).collect(), String::as_str),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_this_release_does_not_know_is_kept() {
        let status = types::InsightStatus::builder().status("PAUSED".into()).build();
        let summary = types::InsightSummary::builder().id("i").category("NEW".into());
        let found = insight(summary.clone().insight_status(status).build()).unwrap();
        assert_eq!((found.category.as_str(), found.status.as_str()), ("NEW", "PAUSED"));
        assert!(insight(summary.build()).is_err());
    }
}
