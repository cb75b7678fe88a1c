//! Log groups that clusters write to, who may read them and what does; and flow logs, which write to some.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_cloudwatchlogs::types::PolicyScope;
use eksray_aws::inventory::{
    ec2::FlowLog,
    logs::{Alarm, LogGroup, Metric, MetricFilter, ResourcePolicy},
};
use eksray_rule::{Gap, Reason};
use futures::{
    future::{join_all, try_join_all},
    join,
};

use super::{
    alarms,
    parse::{required, sorted},
    place::Place,
    read::{Page, Parsed},
};

/// What `CloudWatch` tells of a Region.
pub(crate) struct Logs {
    pub(crate) flow_logs: Result<Vec<FlowLog>, Gap>,
    pub(crate) groups: Result<Vec<LogGroup>, Gap>,
    pub(crate) policies: Result<Vec<ResourcePolicy>, Gap>,
    pub(crate) alarms: Result<Vec<Alarm>, Gap>,
}

/// Reads the groups of clusters with what hangs on them. Alarms only matter where a filter makes a metric.
pub(crate) async fn logs(place: &Place, clusters: &[String]) -> Logs {
    let groups = async {
        let (flow_logs, groups) = Box::pin(groups(place, clusters)).await;
        let groups = match groups {
            Ok(groups) => {
                Ok(join_all(groups.into_iter().map(|it| whole(place, clusters, it))).await)
            }
            Err(gap) => Err(gap),
        };
        let makes_metrics =
            |it: &LogGroup| it.metric_filters.known().is_ok_and(|it| !it.is_empty());
        let alarms = if groups.iter().flatten().any(makes_metrics) {
            alarms::alarms(place).await
        } else {
            Err(not_asked("cloudwatch:DescribeAlarms", "no metric filter was read"))
        };
        (flow_logs, groups, alarms)
    };
    let ((flow_logs, groups, alarms), policies) = join!(groups, policies(place, None));
    Logs { flow_logs, groups, policies, alarms }
}

fn not_asked(call: &str, why: &str) -> Gap {
    let (call, detail) = (call.to_owned(), why.to_owned());
    Gap { call, reason: Reason::NotCollected, detail }
}

/// Groups of control planes and Container Insights, and those that flow logs name.
async fn groups(
    place: &Place,
    clusters: &[String],
) -> (Result<Vec<FlowLog>, Gap>, Result<Vec<LogGroup>, Gap>) {
    let of_clusters = |prefix: &'static str| async move {
        let mut found = described(place, prefix).await?;
        found.retain(|it| {
            let rest = it.log_group_name.strip_prefix(prefix).unwrap_or_default();
            clusters.iter().any(|it| rest.split('/').next() == Some(it))
        });
        Ok::<_, Gap>(found)
    };
    let of_flow_logs = async {
        let flow_logs = flow_logs(place).await;
        let names: BTreeSet<&String> =
            flow_logs.iter().flatten().filter_map(|it| it.log_group_name.as_ref()).collect();
        let found = try_join_all(names.into_iter().map(|name| async move {
            let mut found = described(place, name).await?;
            found.retain(|it| it.log_group_name == *name);
            Ok::<_, Gap>(found)
        }));
        let found = found.await;
        (flow_logs, found)
    };
    let (control_plane, containers, (flow_logs, flow)) =
        join!(of_clusters("/aws/eks/"), of_clusters("/aws/containerinsights/"), of_flow_logs);
    let groups = control_plane.and_then(|control_plane| {
        let all = control_plane.into_iter().chain(containers?).chain(flow?.into_iter().flatten());
        let by_name: BTreeMap<_, _> = all.map(|it| (it.log_group_name.clone(), it)).collect();
        Ok(by_name.into_values().collect())
    });
    (flow_logs, groups)
}

async fn described(place: &Place, prefix: &str) -> Result<Vec<LogGroup>, Gap> {
    let call = place.read("logs:DescribeLogGroups").all(
        |token| {
            let request = place.logs.describe_log_groups().log_group_name_prefix(prefix);
            request.limit(50).set_next_token(token).send()
        },
        |it| {
            let groups = it.log_groups.unwrap_or_default().into_iter();
            let items = groups.map(|it| {
                Ok(LogGroup {
                    log_group_name: required("logGroupName", it.log_group_name)?,
                    retention_in_days: it.retention_in_days.and_then(|it| u32::try_from(it).ok()),
                    kms_key_id: it.kms_key_id.filter(|it| !it.is_empty()),
                    ..LogGroup::default()
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    call.await
}

async fn whole(place: &Place, clusters: &[String], group: LogGroup) -> LogGroup {
    let name = group.log_group_name.as_str();
    let Place { partition, region, account, .. } = place;
    let arn = format!("arn:{partition}:logs:{region}:{account}:log-group:{name}");
    let of_control_plane = clusters.iter().any(|it| name == format!("/aws/eks/{it}/cluster"));
    let filters = async {
        if of_control_plane {
            return join!(metric_filters(place, name), subscription_filters(place, name));
        }
        let gap = |call| not_asked(call, "no control plane writes to this group");
        (Err(gap("logs:DescribeMetricFilters")), Err(gap("logs:DescribeSubscriptionFilters")))
    };
    let (policies, (metric_filters, subscription_filters)) =
        join!(policies(place, Some(&arn)), filters);
    LogGroup {
        resource_policies: policies.into(),
        metric_filters: metric_filters.into(),
        subscription_filters: subscription_filters.into(),
        ..group
    }
}

/// Of the account, or of one group.
async fn policies(place: &Place, group: Option<&str>) -> Result<Vec<ResourcePolicy>, Gap> {
    let call = place.read("logs:DescribeResourcePolicies").all(
        |token| {
            let request = place.logs.describe_resource_policies().limit(50);
            let scope = group.map(|_| PolicyScope::Resource);
            let request =
                request.set_policy_scope(scope).set_resource_arn(group.map(str::to_owned));
            request.set_next_token(token).send()
        },
        |it| {
            let all = it.resource_policies.unwrap_or_default().into_iter();
            // A service that does not know policies of groups answers with those of the account again.
            let all = all.filter(|it| group.is_none() || it.resource_arn.is_some());
            let items = all.map(|it| {
                Ok(ResourcePolicy {
                    policy_name: it.policy_name.unwrap_or_default(),
                    policy_document: required("policyDocument", it.policy_document)?,
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    match call.await {
        // A group without a policy of its own.
        Err(gap) if group.is_some() && gap.reason == Reason::NotCollected => Ok(Vec::new()),
        answer => Ok(sorted(answer?, |it: &ResourcePolicy| it.policy_name.as_str())),
    }
}

async fn metric_filters(place: &Place, group: &str) -> Result<Vec<MetricFilter>, Gap> {
    let call = place.read("logs:DescribeMetricFilters").all(
        |token| {
            let request = place.logs.describe_metric_filters().log_group_name(group);
            request.limit(50).set_next_token(token).send()
        },
        |it| {
            let filters = it.metric_filters.unwrap_or_default().into_iter();
            let items = filters.map(|it| {
                let metrics = it.metric_transformations.unwrap_or_default().into_iter();
                let metrics = metrics
                    .map(|it| Metric { namespace: it.metric_namespace, name: it.metric_name });
                Ok(MetricFilter {
                    filter_name: required("filterName", it.filter_name)?,
                    metrics: metrics.collect(),
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.filter_name.as_str()))
}

async fn subscription_filters(place: &Place, group: &str) -> Result<Vec<String>, Gap> {
    let call = place.read("logs:DescribeSubscriptionFilters").all(
        |token| {
            let request = place.logs.describe_subscription_filters().log_group_name(group);
            request.limit(50).set_next_token(token).send()
        },
        |it| {
            let filters = it.subscription_filters.unwrap_or_default().into_iter();
            let items = filters.map(|it| required("destinationArn", it.destination_arn));
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, String::as_str))
}

/// `ec2:DescribeFlowLogs`.
async fn flow_logs(place: &Place) -> Result<Vec<FlowLog>, Gap> {
    let call = place.read("ec2:DescribeFlowLogs").all(
        |token| place.ec2.describe_flow_logs().max_results(1000).set_next_token(token).send(),
        |it| {
            let items = it.flow_logs.unwrap_or_default().into_iter().map(|it| {
                Ok(FlowLog {
                    flow_log_id: required("flowLogId", it.flow_log_id)?,
                    resource_id: required("resourceId", it.resource_id)?,
                    // Flow logs of transit gateways have none.
                    traffic_type: it
                        .traffic_type
                        .map(|it| it.as_str().to_owned())
                        .unwrap_or_default(),
                    flow_log_status: it.flow_log_status.unwrap_or_default(),
                    deliver_logs_status: it.deliver_logs_status,
                    log_group_name: it.log_group_name,
                })
            });
            Ok(Page { items: items.collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.flow_log_id.as_str()))
}
