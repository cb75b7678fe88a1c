//! Classic load balancers, in the shape of the newer ones: one target group per instance port.

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::elb::{Listener, LoadBalancer, Target, TargetGroup};
use eksray_rule::{Fetched, Gap};
use futures::{
    future::{join_all, try_join_all},
    join,
};
use serde::Deserialize;

use super::{TAGGED, attributes::attributes, list, page, tags_of, tls::unknown};
use crate::aws::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Members, Service},
};

pub(super) const SERVICE: Service =
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
    #[serde(default)]
    policy_names: Members<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribedListener {
    protocol: String,
    load_balancer_port: u16,
    instance_port: u16,
    #[serde(rename = "SSLCertificateId")]
    ssl_certificate_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Policies {
    policy_descriptions: Members<Policy>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    policy_name: String,
    #[serde(default)]
    policy_type_name: String,
    #[serde(default)]
    policy_attribute_descriptions: Members<PolicyAttribute>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyAttribute {
    attribute_name: String,
    #[serde(default)]
    attribute_value: String,
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
    let all: Vec<(LoadBalancer, Vec<Vec<String>>)> = call.await?;
    let batches = all.chunks(TAGGED).map(|it| {
        let names = it.iter().map(|it| it.0.name.as_str());
        tags_of(place, SERVICE, list("LoadBalancerNames", names))
    });
    let tags = try_join_all(batches).await?.into_iter().flatten();
    let mut tags: BTreeMap<String, _> = tags.collect();
    let ours = all.into_iter().filter_map(|(mut it, policies)| {
        it.tags = tags.remove(&it.name).unwrap_or_default();
        clusters.iter().any(|cluster| it.is_of(cluster)).then_some((it, policies))
    });
    let whole = ours.map(|(mut it, names)| async move {
        let mut listeners = std::mem::take(&mut it.listeners);
        let policies = resolve(place, &it.name, &mut listeners, &names);
        let (attributes, ()) = join!(attributes(place, &it), policies);
        (it.listeners, it.attributes) = (listeners, attributes.into());
        it
    });
    Ok(join_all(whole).await)
}

/// Asks what the policies of listeners that end TLS mean: `elasticloadbalancing:DescribeLoadBalancerPolicies`.
async fn resolve(
    place: &Place,
    balancer: &str,
    listeners: &mut Fetched<Vec<Listener>>,
    names: &[Vec<String>],
) {
    let Ok(listeners) = listeners.known_mut() else { return };
    let listeners = listeners.iter_mut().zip(names);
    let mut listeners: Vec<_> = listeners.filter(|it| ends_tls(&it.0.protocol)).collect();
    if listeners.is_empty() {
        return;
    }
    let name = vec![("LoadBalancerName".to_owned(), balancer.to_owned())];
    let call = place.read("elasticloadbalancing:DescribeLoadBalancerPolicies").once(
        || place.signed.query(SERVICE, "DescribeLoadBalancerPolicies", name.clone()),
        |it: Policies| Ok(it.policy_descriptions.items),
    );
    let policies = call.await;
    for (listener, names) in &mut listeners {
        negotiates(listener, names, &policies);
    }
}

fn ends_tls(protocol: &str) -> bool {
    matches!(protocol, "HTTPS" | "SSL")
}

/// A listener has policies of many kinds; one says what it negotiates.
fn negotiates(listener: &mut Listener, names: &[String], policies: &Result<Vec<Policy>, Gap>) {
    let call = "elasticloadbalancing:DescribeLoadBalancerPolicies";
    let policies = match policies {
        Ok(policies) => policies,
        Err(gap) => return listener.ssl_protocols = Fetched::unread(gap.clone()),
    };
    let negotiation = policies.iter().find(|it| {
        it.policy_type_name == "SSLNegotiationPolicyType" && names.contains(&it.policy_name)
    });
    listener.ssl_policy = negotiation.map(|it| it.policy_name.clone());
    listener.ssl_protocols = match negotiation {
        None => Fetched::unread(unknown(call, &names.join(", "))),
        Some(it) => {
            let on = it.policy_attribute_descriptions.items.iter();
            let on = on.filter(|it| it.attribute_value == "true");
            let on = on.filter_map(|it| it.attribute_name.strip_prefix("Protocol-"));
            Fetched::read(sorted(on.map(str::to_owned).collect(), String::as_str))
        }
    };
}

/// The service gives none; this is the form that IAM policies use.
fn arn(place: &Place, name: &str) -> String {
    let Place { partition, region, account, .. } = place;
    format!("arn:{partition}:elasticloadbalancing:{region}:{account}:loadbalancer/{name}")
}

/// The load balancer, and the names of the policies of each listener.
fn load_balancer(arn: &str, it: Described) -> (LoadBalancer, Vec<Vec<String>>) {
    let group = |port: u16| format!("{arn}/{port}");
    let instances: BTreeSet<String> = it.instances.into_iter().map(|it| it.instance_id).collect();
    let descriptions = it.listener_descriptions.into_iter();
    let mut descriptions: Vec<_> =
        descriptions.map(|it| (it.listener, it.policy_names.into_iter().collect())).collect();
    descriptions.sort_by_key(|it| it.0.load_balancer_port);
    let ports: BTreeSet<u16> = descriptions.iter().map(|it| it.0.instance_port).collect();
    let groups = ports.into_iter().map(|port| TargetGroup {
        arn: group(port),
        target_type: "instance".to_owned(),
        port: Some(port),
        targets: Fetched::read(
            instances.iter().map(|id| Target { id: id.clone(), port: Some(port) }).collect(),
        ),
    });
    let (listeners, policies): (Vec<Listener>, Vec<Vec<String>>) = descriptions
        .into_iter()
        .map(|(it, policies)| {
            let listener = Listener {
                port: it.load_balancer_port,
                target_group_arns: vec![group(it.instance_port)],
                authenticated: false,
                ssl_policy: None,
                ssl_protocols: Fetched::read(Vec::new()),
                certificate_arns: Fetched::read(it.ssl_certificate_id.into_iter().collect()),
                protocol: it.protocol,
            };
            (listener, policies)
        })
        .unzip();
    let balancer = LoadBalancer {
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
    };
    (balancer, policies)
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
            <member><Listener><Protocol>SSL</Protocol><LoadBalancerPort>443</LoadBalancerPort><InstancePort>31000</InstancePort>\
            <SSLCertificateId>arn:aws:iam::1:server-certificate/a</SSLCertificateId></Listener>\
            <PolicyNames><member>sticky</member><member>mine</member></PolicyNames></member>\
            <member><Listener><Protocol>TCP</Protocol><LoadBalancerPort>80</LoadBalancerPort><InstancePort>31000</InstancePort></Listener></member>\
            </ListenerDescriptions></member></LoadBalancerDescriptions></DescribeLoadBalancersResult></DescribeLoadBalancersResponse>";
        let answer: XmlAnswer<LoadBalancers> = quick_xml::de::from_str(xml).unwrap();
        let described = answer.result.load_balancer_descriptions.into_iter().next().unwrap();
        let (it, policies) =
            load_balancer("arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/a1", described);
        assert_eq!(policies, [vec![], vec!["sticky".to_owned(), "mine".to_owned()]]);
        let shown = it.listeners.known().unwrap()[1].certificate_arns.known().unwrap();
        assert_eq!(shown, &["arn:aws:iam::1:server-certificate/a"]);
        let ports: Vec<_> = it.listeners.known().unwrap().iter().map(|it| it.port).collect();
        assert_eq!(ports, [80, 443]);
        let groups = it.target_groups.known().unwrap();
        assert_eq!((groups.len(), groups[0].port), (1, Some(31000)));
        let targets: Vec<_> = groups[0].targets.known().unwrap().iter().map(|it| &it.id).collect();
        assert_eq!(targets, ["i-1", "i-2"]);
        assert_eq!(it.listeners.known().unwrap()[0].target_group_arns, [groups[0].arn.clone()]);
    }

    #[test]
    fn one_policy_of_a_listener_says_what_it_negotiates() {
        let xml = "<DescribeLoadBalancerPoliciesResult><PolicyDescriptions>\
            <member><PolicyName>sticky</PolicyName><PolicyTypeName>LBCookieStickinessPolicyType</PolicyTypeName></member>\
            <member><PolicyName>mine</PolicyName><PolicyTypeName>SSLNegotiationPolicyType</PolicyTypeName><PolicyAttributeDescriptions>\
            <member><AttributeName>Protocol-TLSv1.2</AttributeName><AttributeValue>true</AttributeValue></member>\
            <member><AttributeName>Protocol-SSLv3</AttributeName><AttributeValue>true</AttributeValue></member>\
            <member><AttributeName>Protocol-TLSv1</AttributeName><AttributeValue>false</AttributeValue></member>\
            </PolicyAttributeDescriptions></member></PolicyDescriptions></DescribeLoadBalancerPoliciesResult>";
        let policies: Policies = quick_xml::de::from_str(xml).unwrap();
        let policies = Ok(policies.policy_descriptions.items);
        let mut listener = Listener::default();
        negotiates(&mut listener, &["sticky".to_owned(), "mine".to_owned()], &policies);
        assert_eq!(listener.ssl_protocols.known().unwrap(), &["SSLv3", "TLSv1.2"]);
        negotiates(&mut listener, &["sticky".to_owned()], &policies);
        assert!(listener.ssl_protocols.gap().is_some());
    }
}
