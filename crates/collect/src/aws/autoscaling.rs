//! Auto Scaling groups and launch configurations.

use std::collections::BTreeMap;

use eksray_aws::inventory::{
    ec2::{AutoScalingGroup, LaunchConfiguration, MetadataOptions},
    eks::LaunchTemplateRef,
};
use eksray_rule::Gap;
use serde::Deserialize;

use super::{
    parse::sorted,
    place::Place,
    read::Page,
    signed::{Members, Service},
};

const SERVICE: Service = Service { id: "Auto Scaling", name: "autoscaling", version: "2011-01-01" };

/// `autoscaling:DescribeAutoScalingGroups`.
pub(crate) async fn groups(place: &Place) -> Result<Vec<AutoScalingGroup>, Gap> {
    let call = place.read("autoscaling:DescribeAutoScalingGroups").all(
        |token| place.signed.query::<Groups>(SERVICE, "DescribeAutoScalingGroups", page(token)),
        |it| {
            let items = it.auto_scaling_groups.into_iter().map(group).collect();
            Ok(Page { items, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.auto_scaling_group_name.as_str()))
}

/// `autoscaling:DescribeLaunchConfigurations`.
pub(crate) async fn launch_configurations(place: &Place) -> Result<Vec<LaunchConfiguration>, Gap> {
    let call = place.read("autoscaling:DescribeLaunchConfigurations").all(
        |token| {
            place.signed.query::<Configurations>(
                SERVICE,
                "DescribeLaunchConfigurations",
                page(token),
            )
        },
        |it| {
            let items = it.launch_configurations.into_iter().map(configuration).collect();
            Ok(Page { items, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.launch_configuration_name.as_str()))
}

fn page(token: Option<String>) -> Vec<(String, String)> {
    let mut parameters = vec![("MaxRecords".to_owned(), "100".to_owned())];
    parameters.extend(token.map(|it| ("NextToken".to_owned(), it)));
    parameters
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Groups {
    auto_scaling_groups: Members<Group>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Group {
    auto_scaling_group_name: String,
    #[serde(rename = "AutoScalingGroupARN")]
    arn: String,
    #[serde(rename = "VPCZoneIdentifier", default)]
    subnets: String,
    #[serde(default)]
    instances: Members<Member>,
    launch_template: Option<Template>,
    mixed_instances_policy: Option<MixedInstancesPolicy>,
    launch_configuration_name: Option<String>,
    #[serde(default)]
    tags: Members<Tag>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Member {
    instance_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    launch_template_id: Option<String>,
    launch_template_name: Option<String>,
    version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MixedInstancesPolicy {
    launch_template: Option<MixedTemplate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MixedTemplate {
    launch_template_specification: Option<Template>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

fn group(it: Group) -> AutoScalingGroup {
    let mixed = it.mixed_instances_policy.and_then(|it| it.launch_template);
    let mixed = mixed.and_then(|it| it.launch_template_specification);
    let subnets = it.subnets.split(',').map(str::trim).filter(|it| !it.is_empty());
    let instances = it.instances.into_iter().map(|it| it.instance_id).collect();
    let tags: BTreeMap<_, _> = it.tags.into_iter().map(|it| (it.key, it.value)).collect();
    AutoScalingGroup {
        auto_scaling_group_name: it.auto_scaling_group_name,
        auto_scaling_group_arn: it.arn,
        subnet_ids: subnets.map(str::to_owned).collect(),
        instance_ids: sorted(instances, String::as_str),
        launch_template: it.launch_template.or(mixed).map(|it| LaunchTemplateRef {
            id: given(it.launch_template_id),
            name: given(it.launch_template_name),
            version: given(it.version),
        }),
        launch_configuration_name: given(it.launch_configuration_name),
        tags,
    }
}

/// An empty element is an absent one.
fn given(text: Option<String>) -> Option<String> {
    text.filter(|it| !it.is_empty())
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Configurations {
    launch_configurations: Members<Configuration>,
    next_token: Option<String>,
}

/// User data comes with the answer and is not decoded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    launch_configuration_name: String,
    metadata_options: Option<Options>,
    associate_public_ip_address: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Options {
    http_endpoint: Option<String>,
    http_tokens: Option<String>,
    http_put_response_hop_limit: Option<u32>,
}

fn configuration(it: Configuration) -> LaunchConfiguration {
    LaunchConfiguration {
        launch_configuration_name: it.launch_configuration_name,
        metadata_options: it.metadata_options.map(|it| MetadataOptions {
            http_endpoint: it.http_endpoint,
            http_tokens: it.http_tokens,
            http_put_response_hop_limit: it.http_put_response_hop_limit,
        }),
        associate_public_ip_address: it.associate_public_ip_address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::signed::XmlAnswer;

    #[test]
    fn a_group_takes_its_template_from_the_mixed_instances_policy() {
        let answer: XmlAnswer<Groups> = quick_xml::de::from_str(
            r#"<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
              <DescribeAutoScalingGroupsResult>
                <AutoScalingGroups>
                  <member>
                    <AutoScalingGroupName>eks-general</AutoScalingGroupName>
                    <AutoScalingGroupARN>arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:1:autoScalingGroupName/eks-general</AutoScalingGroupARN>
                    <MixedInstancesPolicy><LaunchTemplate><LaunchTemplateSpecification>
                      <LaunchTemplateId>lt-1</LaunchTemplateId><Version>3</Version>
                    </LaunchTemplateSpecification><Overrides/></LaunchTemplate></MixedInstancesPolicy>
                    <VPCZoneIdentifier>subnet-a,subnet-b</VPCZoneIdentifier>
                    <Instances>
                      <member><InstanceId>i-2</InstanceId><HealthStatus>Healthy</HealthStatus></member>
                      <member><InstanceId>i-1</InstanceId></member>
                    </Instances>
                    <Tags><member><Key>eks:cluster-name</Key><Value>shop</Value></member></Tags>
                  </member>
                </AutoScalingGroups>
              </DescribeAutoScalingGroupsResult>
              <ResponseMetadata><RequestId>x</RequestId></ResponseMetadata>
            </DescribeAutoScalingGroupsResponse>"#,
        )
        .unwrap();
        let group = answer.result.auto_scaling_groups.into_iter().map(group).next().unwrap();
        assert_eq!(group.subnet_ids, ["subnet-a", "subnet-b"]);
        assert_eq!(group.instance_ids, ["i-1", "i-2"]);
        assert_eq!(group.tags["eks:cluster-name"], "shop");
        let template = group.launch_template.unwrap();
        assert_eq!(
            (template.id.as_deref(), template.version.as_deref()),
            (Some("lt-1"), Some("3"))
        );
        assert_eq!(answer.result.next_token, None);
    }

    #[test]
    fn an_empty_list_has_no_members() {
        let xml = "<R><DescribeLaunchConfigurationsResult><LaunchConfigurations/></DescribeLaunchConfigurationsResult></R>";
        let answer: XmlAnswer<Configurations> = quick_xml::de::from_str(xml).unwrap();
        assert_eq!(answer.result.launch_configurations.into_iter().count(), 0);
    }
}
