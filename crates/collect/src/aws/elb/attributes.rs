//! Attributes of load balancers that rules ask for; buckets and the like are left out.

use eksray_aws::inventory::elb::{Attributes, LoadBalancer};
use eksray_rule::Gap;
use serde::Deserialize;

use super::{SERVICE, classic, not_asked};
use crate::aws::{place::Place, signed::Members};

const KEPT: [&str; 4] = [
    "access_logs.s3.enabled",
    "elb.http.desyncmitigationmode",
    "routing.http.desync_mitigation_mode",
    "routing.http.drop_invalid_header_fields.enabled",
];

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Answer {
    attributes: Members<Attribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    key: String,
    #[serde(default)]
    value: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ClassicAnswer {
    load_balancer_attributes: ClassicAttributes,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct ClassicAttributes {
    access_log: AccessLog,
    additional_attributes: Members<Attribute>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct AccessLog {
    enabled: String,
}

/// `elasticloadbalancing:DescribeLoadBalancerAttributes`, where the internet may connect.
pub(super) async fn attributes(place: &Place, it: &LoadBalancer) -> Result<Attributes, Gap> {
    if it.scheme != "internet-facing" {
        let call = "elasticloadbalancing:DescribeLoadBalancerAttributes";
        return Err(not_asked(call, "internet-facing load balancers"));
    }
    let call = place.read("elasticloadbalancing:DescribeLoadBalancerAttributes");
    let action = "DescribeLoadBalancerAttributes";
    if it.type_ == "classic" {
        let name = vec![("LoadBalancerName".to_owned(), it.name.clone())];
        let send = || place.signed.query(classic::SERVICE, action, name.clone());
        return call.once(send, |it| Ok(of_classic(it))).await;
    }
    let arn = vec![("LoadBalancerArn".to_owned(), it.arn.clone())];
    let send = || place.signed.query::<Answer>(SERVICE, action, arn.clone());
    call.once(send, |it| Ok(kept(it.attributes))).await
}

fn kept(attributes: Members<Attribute>) -> Attributes {
    let kept = attributes.into_iter().filter(|it| KEPT.contains(&it.key.as_str()));
    kept.map(|it| (it.key, it.value)).collect()
}

fn of_classic(it: ClassicAnswer) -> Attributes {
    let ClassicAttributes { access_log, additional_attributes } = it.load_balancer_attributes;
    let mut attributes = kept(additional_attributes);
    if !access_log.enabled.is_empty() {
        attributes.insert("AccessLog.Enabled".to_owned(), access_log.enabled);
    }
    attributes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rules_ask_for_is_kept() {
        let xml = "<DescribeLoadBalancerAttributesResult><Attributes>\
            <member><Key>access_logs.s3.enabled</Key><Value>true</Value></member>\
            <member><Key>access_logs.s3.bucket</Key><Value>logs</Value></member>\
            </Attributes></DescribeLoadBalancerAttributesResult>";
        let answer: Answer = quick_xml::de::from_str(xml).unwrap();
        let found = kept(answer.attributes);
        assert_eq!((found.len(), found["access_logs.s3.enabled"].as_str()), (1, "true"));
    }

    #[test]
    fn a_classic_load_balancer_has_a_structure_and_a_list() {
        let xml = "<DescribeLoadBalancerAttributesResult><LoadBalancerAttributes>\
            <AccessLog><Enabled>false</Enabled></AccessLog>\
            <AdditionalAttributes><member><Key>elb.http.desyncmitigationmode</Key><Value>monitor</Value></member></AdditionalAttributes>\
            </LoadBalancerAttributes></DescribeLoadBalancerAttributesResult>";
        let found = of_classic(quick_xml::de::from_str(xml).unwrap());
        assert_eq!(found["AccessLog.Enabled"], "false");
        assert_eq!(found["elb.http.desyncmitigationmode"], "monitor");
    }
}
