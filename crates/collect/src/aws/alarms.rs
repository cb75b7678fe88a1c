//! `CloudWatch` alarms.

use eksray_aws::inventory::logs::{Alarm, Metric};
use eksray_rule::Gap;
use serde::Deserialize;

use super::{
    parse::sorted,
    place::Place,
    read::{Page, Parsed},
    signed::{Members, Service},
};

const SERVICE: Service = Service { id: "CloudWatch", name: "monitoring", version: "2010-08-01" };

/// `cloudwatch:DescribeAlarms`, composite ones included.
pub(crate) async fn alarms(place: &Place) -> Result<Vec<Alarm>, Gap> {
    let call = place.read("cloudwatch:DescribeAlarms").all(
        |token: Option<String>| {
            let mut parameters: Vec<(String, String)> = [
                ("AlarmTypes.member.1", "MetricAlarm"),
                ("AlarmTypes.member.2", "CompositeAlarm"),
                ("MaxRecords", "100"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
            parameters.extend(token.map(|it| ("NextToken".to_owned(), it)));
            place.signed.query::<Alarms>(SERVICE, "DescribeAlarms", parameters)
        },
        |it| {
            let all = it.metric_alarms.into_iter().chain(it.composite_alarms);
            Ok(Page { items: all.map(alarm).collect::<Parsed<_>>()?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.alarm_name.as_str()))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Alarms {
    #[serde(default)]
    metric_alarms: Members<Described>,
    #[serde(default)]
    composite_alarms: Members<Described>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    alarm_name: String,
    actions_enabled: Option<String>,
    #[serde(default)]
    alarm_actions: Members<String>,
    alarm_rule: Option<String>,
    namespace: Option<String>,
    metric_name: Option<String>,
    #[serde(default)]
    metrics: Members<Query>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    metric_stat: Option<Stat>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stat {
    metric: Named,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    namespace: Option<String>,
    metric_name: Option<String>,
}

fn alarm(it: Described) -> Parsed<Alarm> {
    let own = Named { namespace: it.namespace, metric_name: it.metric_name };
    let stats = it.metrics.into_iter().filter_map(|it| Some(it.metric_stat?.metric));
    let metrics = [own].into_iter().chain(stats).filter_map(|it| {
        Some(Metric { namespace: it.namespace.unwrap_or_default(), name: it.metric_name? })
    });
    let actions_enabled = match it.actions_enabled.as_deref() {
        None | Some("true" | "True") => true,
        Some("false" | "False") => false,
        Some(other) => return Err(format!("`{other}` does not parse")),
    };
    Ok(Alarm {
        alarm_name: it.alarm_name,
        metrics: metrics.collect(),
        alarm_rule: it.alarm_rule.filter(|it| !it.is_empty()),
        actions_enabled,
        alarm_actions: it.alarm_actions.into_iter().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::signed::XmlAnswer;

    #[test]
    fn metrics_stand_on_an_alarm_or_in_its_queries() {
        let xml = r#"<DescribeAlarmsResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><DescribeAlarmsResult>
            <MetricAlarms><member><AlarmName>a</AlarmName><ActionsEnabled>false</ActionsEnabled><AlarmActions/>
              <Namespace>EKS</Namespace><MetricName>Anonymous</MetricName></member>
            <member><AlarmName>b</AlarmName><AlarmActions><member>arn:x</member></AlarmActions>
              <Metrics><member><Id>m</Id><MetricStat><Metric><Namespace>EKS</Namespace><MetricName>Denied</MetricName></Metric></MetricStat></member>
              <member><Id>e</Id><Expression>m*2</Expression></member></Metrics></member></MetricAlarms>
            <CompositeAlarms><member><AlarmName>c</AlarmName><AlarmRule>ALARM("a")</AlarmRule><ActionsEnabled>true</ActionsEnabled></member></CompositeAlarms>
            </DescribeAlarmsResult></DescribeAlarmsResponse>"#;
        let answer: XmlAnswer<Alarms> = quick_xml::de::from_str(xml).unwrap();
        let all = answer.result.metric_alarms.into_iter().chain(answer.result.composite_alarms);
        let all: Vec<Alarm> = all.map(|it| alarm(it).unwrap()).collect();
        let metric = |name: &str| Metric { namespace: "EKS".to_owned(), name: name.to_owned() };
        assert_eq!(all[0].metrics, [metric("Anonymous")]);
        assert!(!all[0].actions_enabled && all[1].actions_enabled);
        assert_eq!(all[1].metrics, [metric("Denied")]);
        assert_eq!(all[1].alarm_actions, ["arn:x"]);
        assert_eq!(all[2].alarm_rule.as_deref(), Some("ALARM(\"a\")"));
    }
}
