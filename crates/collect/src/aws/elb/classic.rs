//! Classic load balancers, in the shape of the newer ones: one target group per instance port.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::elb::{Listener, LoadBalancer, Target, TargetGroup};
use eksray_rule::{Fetched, Gap};
use futures::future::try_join_all;
use serde::Deserialize;

use super::{TAGGED, is_of_cluster, list, page, tags_of};
use crate::aws::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Members, Service},
};

const SERVICE: Service =
    Service { id: "Elastic Load Balancing", name: "elasticloadbalancing", version: "2012-06-01" };

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LoadBalancers {
    load_balancer_descriptions: Members<Described>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    load_balancer_name: String,
    #[serde(rename = "DNSName", default)]
    dns_name: String,
    #[serde(default)]
    scheme: String,
    #[serde(rename = "VPCId", default)]
    vpc_id: String,
    #[serde(default)]
    subnets: Members<String>,
    #[serde(default)]
    security_groups: Members<String>,
    #[serde(default)]
    instances: Members<Instance>,
    #[serde(default)]
    listener_descriptions: Members<ListenerDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Instance {
    instance_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListenerDescription {
    listener: DescribedListener,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedListener {
    protocol: String,
    load_balancer_port: u16,
    instance_port: u16,
}

pub(super) async fn load_balancers(
    place: &Place,
    clusters: &[String],
) -> Result<Vec<LoadBalancer>, Gap> {
    let call = place.read("elasticloadbalancing:DescribeLoadBalancers").all(
        |marker| {
            place.signed.query::<LoadBalancers>(
                SERVICE,
                "DescribeLoadBalancers",
                page(marker, Vec::new()),
            )
        },
        |it| {
            let all = it.load_balancer_descriptions.into_iter();
            let items = all.map(|it| load_balancer(&arn(place, &it.load_balancer_name), it));
            let items = items.collect();
            Ok(Page { items, next: it.next_marker })
        },
    );
    let all: Vec<LoadBalancer> = call.await?;
    let batches = all.chunks(TAGGED).map(|it| {
        let names = it.iter().map(|it| it.name.as_str());
        tags_of(place, SERVICE, list("LoadBalancerNames", names))
    });
    let tags = try_join_all(batches).await?.into_iter().flatten();
    let mut tags: BTreeMap<String, _> = tags.collect();
    let ours = all.into_iter().filter_map(|mut it| {
        it.tags = tags.remove(&it.name).unwrap_or_default();
        is_of_cluster(&it.tags, clusters).then_some(it)
    });
    Ok(ours.collect())
}

/// The service gives none; this is the form that IAM policies use.
fn arn(place: &Place, name: &str) -> String {
    let Place { partition, region, account, .. } = place;
    format!("arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{name}")
}

fn load_balancer(arn: &str, it: Described) -> LoadBalancer {
    let group = |port: u16| format!("{arn}/{port}");
    let instances: BTreeSet<String> = it.instances.into_iter().map(|it| it.instance_id).collect();
    let descriptions: Vec<_> = it.listener_descriptions.into_iter().map(|it| it.listener).collect();
    let ports: BTreeSet<u16> = descriptions.iter().map(|it| it.instance_port).collect();
    let groups = ports.into_iter().map(|port| TargetGroup {
        arn: group(port),
        target_type: "instance".to_owned(),
        port: Some(port),
        targets: Fetched::read(
            instances.iter().map(|id| Target { id: id.clone(), port: Some(port) }).collect(),
        ),
    });
    let listeners = descriptions.iter().map(|it| Listener {
        port: it.load_balancer_port,
        protocol: it.protocol.clone(),
        target_group_arns: vec![group(it.instance_port)],
        authenticated: false,
    });
    let mut listeners: Vec<Listener> = listeners.collect();
    listeners.sort_by_key(|it| it.port);
    LoadBalancer {
        dns_name: it.dns_name,
        type_: "classic".to_owned(),
        scheme: it.scheme,
        // Classic load balancers have no state: they serve from the first moment.
        state: "active".to_owned(),
        vpc_id: it.vpc_id,
        subnet_ids: sorted(it.subnets.into_iter().collect(), String::as_str),
        security_groups: it.security_groups.into_iter().collect(),
        listeners: Fetched::read(listeners),
        target_groups: Fetched::read(groups.collect()),
        arn: arn.to_owned(),
        name: it.load_balancer_name,
        ..LoadBalancer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::signed::XmlAnswer;

    #[test]
    fn a_classic_load_balancer_has_a_target_group_per_instance_port() {
        let xml = "<DescribeLoadBalancersResponse><DescribeLoadBalancersResult><LoadBalancerDescriptions><member>\
            <LoadBalancerName>a1</LoadBalancerName><DNSName>a1.elb.amazonaws.com</DNSName>\
            <Scheme>internet-facing</Scheme><VPCId>vpc-1</VPCId>\
            <Instances><member><InstanceId>i-2</InstanceId></member><member><InstanceId>i-1</InstanceId></member></Instances>\
            <ListenerDescriptions>\
            <member><Listener><Protocol>SSL</Protocol><LoadBalancerPort>443</LoadBalancerPort><InstancePort>31000</InstancePort></Listener></member>\
            <member><Listener><Protocol>TCP</Protocol><LoadBalancerPort>80</LoadBalancerPort><InstancePort>31000</InstancePort></Listener></member>\
            </ListenerDescriptions></member></LoadBalancerDescriptions></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>";
        let answer: XmlAnswer<LoadBalancers> = quick_xml::de::from_str(xml).unwrap();
        let described = answer.result.load_balancer_descriptions.into_iter().next().unwrap();
        let it =
            load_balancer("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/a1", described);
        let ports: Vec<_> = it.listeners.known().unwrap().iter().map(|it| it.port).collect();
        assert_eq!(ports, [80, 443]);
        let groups = it.target_groups.known().unwrap();
        assert_eq!((groups.len(), groups[0].port), (1, Some(31000)));
        let targets: Vec<_> = groups[0].targets.known().unwrap().iter().map(|it| &it.id).collect();
        assert_eq!(targets, ["i-1", "i-2"]);
        assert_eq!(it.listeners.known().unwrap()[0].target_group_arns, [groups[0].arn.clone()]);
    }
}
