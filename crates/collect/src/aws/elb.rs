//! Elastic Load Balancing: the load balancers that clusters made, v2 and classic.

mod attributes;
mod classic;
mod listeners;
mod tls;

use std::collections::{BTreeMap, BTreeSet};

use eksray_aws::inventory::{
    Tags,
    elb::{LoadBalancer, Target, TargetGroup},
};
use eksray_rule::{Fetched, Gap, Reason};
use futures::{
    future::{join_all, try_join_all},
    join,
};
use serde::Deserialize;

use super::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Members, Service},
    waf,
};

const SERVICE: Service = Service {
    id: "Elastic Load Balancing v2",
    name: "elasticloadbalancing",
    version: "2015-12-01",
};

/// Load balancers, or ARNs, that one `DescribeTags` takes.
const TAGGED: usize = 20;

/// The load balancers, v2 and classic, that the clusters of these names made.
pub(crate) async fn load_balancers(
    place: &Place,
    clusters: &[String],
) -> Result<Vec<LoadBalancer>, Gap> {
    let (v2, classic) =
        join!(second_generation(place, clusters), classic::load_balancers(place, clusters));
    let all = v2?.into_iter().chain(classic?).collect();
    Ok(sorted(all, |it: &LoadBalancer| it.arn.as_str()))
}

async fn second_generation(place: &Place, clusters: &[String]) -> Result<Vec<LoadBalancer>, Gap> {
    let all = described(place).await?;
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let (tags, groups) = join!(tags(place, &all), target_groups(place));
    let mut tags = tags?;
    let ours = all.into_iter().filter_map(|mut it| {
        it.tags = tags.remove(&it.arn).unwrap_or_default();
        clusters.iter().any(|cluster| it.is_of(cluster)).then_some(it)
    });
    let ours: Vec<LoadBalancer> = ours.collect();
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let whole = join_all(ours.into_iter().map(|it| whole(place, it, &groups)));
    let (mut whole, policies) = join!(whole, tls::policies(place));
    for listener in whole.iter_mut().filter_map(|it| it.listeners.known_mut().ok()).flatten() {
        tls::resolve(listener, &policies);
    }
    Ok(whole)
}

/// With everything that hangs on it, but for what policies of TLS mean.
async fn whole(
    place: &Place,
    mut it: LoadBalancer,
    groups: &Result<Vec<Attached>, Gap>,
) -> LoadBalancer {
    let targets = async {
        let groups = groups.as_ref().map_err(Gap::clone)?;
        let mine = groups.iter().filter(|group| group.load_balancers.contains(&it.arn));
        Ok(join_all(mine.map(|it| with_targets(place, it))).await)
    };
    let attributes = attributes::attributes(place, &it);
    let (listeners, targets, attributes, web_acl) =
        join!(listeners::listeners(place, &it), targets, attributes, web_acl(place, &it));
    it.listeners = listeners.into();
    it.target_groups = Fetched::from(targets);
    it.attributes = attributes.into();
    it.web_acl = web_acl.into();
    it
}

async fn web_acl(place: &Place, it: &LoadBalancer) -> Result<Option<String>, Gap> {
    if it.type_ == "application" && it.scheme == "internet-facing" {
        return waf::web_acl(place, &it.arn).await;
    }
    Err(not_asked("wafv2:GetWebACLForResource", "internet-facing application load balancers"))
}

/// What no rule asks of a load balancer like this.
fn not_asked(call: &str, only: &str) -> Gap {
    let detail = format!("asked only of {only}");
    Gap { call: call.to_owned(), reason: Reason::NotCollected, detail }
}

fn page(marker: Option<String>, mut parameters: Vec<(String, String)>) -> Vec<(String, String)> {
    parameters.push(("PageSize".to_owned(), "400".to_owned()));
    parameters.extend(marker.map(|it| ("Marker".to_owned(), it)));
    parameters
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LoadBalancers {
    load_balancers: Members<Described>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Described {
    load_balancer_arn: String,
    load_balancer_name: String,
    #[serde(rename = "DNSName", default)]
    dns_name: String,
    #[serde(rename = "Type")]
    type_: String,
    #[serde(default)]
    scheme: String,
    state: Option<State>,
    #[serde(default)]
    vpc_id: String,
    #[serde(default)]
    availability_zones: Members<Zone>,
    #[serde(default)]
    security_groups: Members<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    code: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Zone {
    subnet_id: Option<String>,
}

/// Without tags, listeners and target groups.
async fn described(place: &Place) -> Result<Vec<LoadBalancer>, Gap> {
    let call = place.read("elasticloadbalancing:DescribeLoadBalancers").all(
        |marker| {
            place.signed.query::<LoadBalancers>(
                SERVICE,
                "DescribeLoadBalancers",
                page(marker, Vec::new()),
            )
        },
        |it| {
            let items = it.load_balancers.into_iter().map(load_balancer).collect();
            Ok(Page { items, next: it.next_marker })
        },
    );
    call.await
}

fn load_balancer(it: Described) -> LoadBalancer {
    let subnets = it.availability_zones.into_iter().filter_map(|it| it.subnet_id).collect();
    LoadBalancer {
        arn: it.load_balancer_arn,
        name: it.load_balancer_name,
        dns_name: it.dns_name,
        type_: it.type_,
        scheme: it.scheme,
        state: it.state.map(|it| it.code).unwrap_or_default(),
        vpc_id: it.vpc_id,
        subnet_ids: sorted(subnets, String::as_str),
        security_groups: it.security_groups.into_iter().collect(),
        ..LoadBalancer::default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagDescriptions {
    tag_descriptions: Members<TagDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagDescription {
    /// The classic service says `LoadBalancerName`.
    #[serde(alias = "LoadBalancerName")]
    resource_arn: String,
    #[serde(default)]
    tags: Members<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

async fn tags(place: &Place, all: &[LoadBalancer]) -> Result<BTreeMap<String, Tags>, Gap> {
    let batches = all.chunks(TAGGED).map(|it| {
        let arns = it.iter().map(|it| it.arn.as_str());
        tags_of(place, SERVICE, list("ResourceArns", arns))
    });
    Ok(try_join_all(batches).await?.into_iter().flatten().collect())
}

/// Tags of one batch, by ARN or classic name.
async fn tags_of(
    place: &Place,
    service: Service,
    parameters: Vec<(String, String)>,
) -> Result<Vec<(String, Tags)>, Gap> {
    let call = place.read("elasticloadbalancing:DescribeTags").once(
        || place.signed.query::<TagDescriptions>(service, "DescribeTags", parameters.clone()),
        |it| {
            let descriptions = it.tag_descriptions.into_iter();
            let tags = |it: Members<Tag>| it.into_iter().map(|it| (it.key, it.value)).collect();
            Ok(descriptions.map(|it| (it.resource_arn, tags(it.tags))).collect())
        },
    );
    call.await
}

/// `Name.member.1`, `Name.member.2`, …
fn list<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Vec<(String, String)> {
    let numbered = values.enumerate();
    numbered.map(|(at, it)| (format!("{name}.member.{}", at + 1), it.to_owned())).collect()
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TargetGroups {
    target_groups: Members<Group>,
    next_marker: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    target_group_arn: String,
    #[serde(default)]
    target_type: String,
    port: Option<u16>,
    #[serde(default)]
    load_balancer_arns: Members<String>,
}

/// A target group and the load balancers that it serves.
struct Attached {
    group: TargetGroup,
    load_balancers: BTreeSet<String>,
}

/// All of the Region, which takes fewer calls than those of each load balancer. Without targets.
async fn target_groups(place: &Place) -> Result<Vec<Attached>, Gap> {
    let call = place.read("elasticloadbalancing:DescribeTargetGroups").all(
        |marker| {
            place.signed.query::<TargetGroups>(
                SERVICE,
                "DescribeTargetGroups",
                page(marker, Vec::new()),
            )
        },
        |it| {
            let groups = it.target_groups.into_iter().map(|it| {
                let load_balancers = it.load_balancer_arns.into_iter().collect();
                let group = TargetGroup {
                    arn: it.target_group_arn,
                    target_type: it.target_type,
                    port: it.port,
                    targets: Fetched::default(),
                };
                Attached { group, load_balancers }
            });
            Ok(Page { items: groups.collect(), next: it.next_marker })
        },
    );
    Ok(sorted(call.await?, |it| it.group.arn.as_str()))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Health {
    target_health_descriptions: Members<HealthDescription>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthDescription {
    target: RegisteredTarget,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RegisteredTarget {
    id: String,
    port: Option<u16>,
}

async fn with_targets(place: &Place, it: &Attached) -> TargetGroup {
    let parameters = vec![("TargetGroupArn".to_owned(), it.group.arn.clone())];
    let call = place.read("elasticloadbalancing:DescribeTargetHealth").once(
        || place.signed.query::<Health>(SERVICE, "DescribeTargetHealth", parameters.clone()),
        |it| {
            let targets = it.target_health_descriptions.into_iter();
            let targets = targets.map(|it| Target { id: it.target.id, port: it.target.port });
            Ok(sorted(targets.collect(), |it: &Target| it.id.as_str()))
        },
    );
    let targets = call.await.into();
    TargetGroup { targets, ..it.group.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(key: &str, value: &str) -> bool {
        let tags = Tags::from([(key.to_owned(), value.to_owned())]);
        let it = LoadBalancer { tags, ..LoadBalancer::default() };
        it.is_of("shop") || it.is_of("core")
    }

    #[test]
    fn controllers_tag_what_they_make() {
        assert!(owned("elbv2.k8s.aws/cluster", "shop"));
        assert!(owned("eks:eks-cluster-name", "core"));
        assert!(owned("kubernetes.io/cluster/shop", "owned"));
        assert!(!owned("kubernetes.io/cluster/shop", "shared"));
        assert!(!owned("elbv2.k8s.aws/cluster", "another"));
    }

    #[test]
    fn lists_are_numbered_from_one() {
        let found = list("ResourceArns", ["a", "b"].into_iter());
        let names: Vec<_> = found.iter().map(|it| it.0.as_str()).collect();
        assert_eq!(names, ["ResourceArns.member.1", "ResourceArns.member.2"]);
    }
}
