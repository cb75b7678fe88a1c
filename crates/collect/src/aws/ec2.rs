//! EC2: instances, interfaces and launch templates; `network` reads the rest.

mod endpoints;
pub(crate) mod network;
mod prefix_lists;
pub(crate) mod storage;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::Ipv4Addr,
};

use aws_sdk_ec2::types::{self, Filter};
use eksray_aws::inventory::{
    Tags,
    ec2::{Instance, LaunchTemplateVersion, MetadataOptions, NetworkInterface},
    eks::LaunchTemplateRef,
};
use eksray_rule::{Gap, Reason};
use futures::future::try_join_all;

use super::{
    parse::{optional, parsed, required, sorted},
    place::Place,
    read::{Page, Parsed},
};

const TERMINATED: &str = "terminated";

/// `ec2:DescribeInstances`, terminated ones left out.
pub(crate) async fn instances(place: &Place) -> Result<Vec<Instance>, Gap> {
    let living = Filter::builder()
        .name("instance-state-name")
        .set_values(Some(
            ["pending", "running", "shutting-down", "stopping", "stopped"].map(String::from).into(),
        ))
        .build();
    let call = place.read("ec2:DescribeInstances").all(
        |token| {
            let request = place.ec2.describe_instances().filters(living.clone()).max_results(1000);
            // Nodes of Auto Mode may be hidden from lists; not from attackers.
            request.include_managed_resources(true).set_next_token(token).send()
        },
        |it| {
            let reservations = it.reservations.unwrap_or_default().into_iter();
            let instances = reservations.flat_map(|it| it.instances.unwrap_or_default());
            let items: Parsed<Vec<Instance>> = instances.map(instance).collect();
            Ok(Page { items: items?, next: it.next_token })
        },
    );
    let mut instances = call.await?;
    instances.retain(|it| it.state != TERMINATED);
    Ok(sorted(instances, |it| it.instance_id.as_str()))
}

fn instance(it: types::Instance) -> Parsed<Instance> {
    let state = it.state.and_then(|it| it.name);
    let options = it.metadata_options.map(|it| MetadataOptions {
        http_endpoint: it.http_endpoint.map(|it| it.as_str().to_owned()),
        http_tokens: it.http_tokens.map(|it| it.as_str().to_owned()),
        http_put_response_hop_limit: hop_limit(it.http_put_response_hop_limit),
    });
    Ok(Instance {
        instance_id: required("instanceId", it.instance_id)?,
        state: required("state", state)?.as_str().to_owned(),
        image_id: it.image_id.unwrap_or_default(),
        subnet_id: it.subnet_id,
        vpc_id: it.vpc_id,
        private_dns_name: it.private_dns_name.filter(|it| !it.is_empty()),
        iam_instance_profile: it.iam_instance_profile.and_then(|it| it.arn),
        key_name: it.key_name.filter(|it| !it.is_empty()),
        metadata_options: options,
        tags: tags(it.tags),
        managed_by_eks: it.operator.is_some_and(|it| {
            it.managed == Some(true) && it.principal.is_some_and(|it| it.starts_with("eks."))
        }),
    })
}

fn hop_limit(limit: Option<i32>) -> Option<u32> {
    limit.and_then(|it| u32::try_from(it).ok())
}

pub(crate) fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    let tags = tags.unwrap_or_default().into_iter();
    tags.filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect()
}

/// `ec2:DescribeNetworkInterfaces`.
pub(crate) async fn interfaces(place: &Place) -> Result<Vec<NetworkInterface>, Gap> {
    let call = place.read("ec2:DescribeNetworkInterfaces").all(
        |token| {
            let request = place.ec2.describe_network_interfaces().max_results(1000);
            request.include_managed_resources(true).set_next_token(token).send()
        },
        |it| {
            let interfaces = it.network_interfaces.unwrap_or_default().into_iter();
            let items: Parsed<Vec<NetworkInterface>> = interfaces.map(interface).collect();
            Ok(Page { items: items?, next: it.next_token })
        },
    );
    Ok(sorted(call.await?, |it| it.network_interface_id.as_str()))
}

fn interface(it: types::NetworkInterface) -> Parsed<NetworkInterface> {
    let addresses = it.private_ip_addresses.unwrap_or_default();
    let mut private: Vec<Ipv4Addr> = Vec::new();
    let primary = it.private_ip_address.iter();
    for text in primary.chain(addresses.iter().filter_map(|it| it.private_ip_address.as_ref())) {
        let address = parsed(text)?;
        if !private.contains(&address) {
            private.push(address);
        }
    }
    // Associations are per private address; an interface without one may carry an empty association.
    let associations = addresses.iter().map(|it| it.association()).chain([it.association.as_ref()]);
    let mut public: Vec<Ipv4Addr> = Vec::new();
    for text in associations.flatten().filter_map(|it| it.public_ip()) {
        public.extend(optional::<Ipv4Addr>(Some(text))?);
    }
    let ipv6 = it.ipv6_addresses.unwrap_or_default();
    let ipv6 = ipv6.iter().filter_map(|it| it.ipv6_address()).map(parsed);
    let groups = it.groups.unwrap_or_default().into_iter();
    Ok(NetworkInterface {
        network_interface_id: required("networkInterfaceId", it.network_interface_id)?,
        interface_type: it.interface_type.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        status: it.status.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        description: it.description.unwrap_or_default(),
        subnet_id: it.subnet_id.unwrap_or_default(),
        vpc_id: it.vpc_id.unwrap_or_default(),
        instance_id: it.attachment.and_then(|it| it.instance_id),
        groups: groups.filter_map(|it| it.group_id).collect(),
        public_ip: public.first().copied(),
        private_ips: private,
        ipv6_addresses: ipv6.collect::<Parsed<_>>()?,
        deny_all_igw_traffic: it.deny_all_igw_traffic.unwrap_or_default(),
        tags: tags(it.tag_set),
    })
}

/// `ec2:DescribeLaunchTemplateVersions`: the default and the latest version of every template.
pub(crate) async fn standing_versions(place: &Place) -> Result<Vec<LaunchTemplateVersion>, Gap> {
    let call = place.read("ec2:DescribeLaunchTemplateVersions").all(
        |token| {
            let request = place.ec2.describe_launch_template_versions();
            let request = request.versions("$Default").versions("$Latest").max_results(200);
            request.include_managed_resources(true).set_next_token(token).send()
        },
        |it| versions(it.launch_template_versions, it.next_token),
    );
    let mut latest: BTreeMap<(String, i64), LaunchTemplateVersion> = BTreeMap::new();
    for it in call.await? {
        latest.insert((it.launch_template_id.clone(), it.version_number), it);
    }
    let newest: BTreeMap<String, i64> = latest.keys().cloned().collect();
    let mark = |mut it: LaunchTemplateVersion| {
        it.latest_version = newest.get(&it.launch_template_id) == Some(&it.version_number);
        it
    };
    Ok(latest.into_values().map(mark).collect())
}

/// The versions above and those that `pins` name by number.
pub(crate) async fn with_pinned(
    place: &Place,
    standing: Vec<LaunchTemplateVersion>,
    pins: impl IntoIterator<Item = LaunchTemplateRef>,
) -> Result<Vec<LaunchTemplateVersion>, Gap> {
    let mut wanted: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    for pin in pins {
        let number = pin.version.and_then(|it| it.parse().ok());
        let (Some(id), Some(number)) = (pin.id, number) else { continue };
        let known =
            |it: &LaunchTemplateVersion| it.launch_template_id == id && it.version_number == number;
        if !standing.iter().any(known) {
            wanted.entry(id).or_default().insert(number);
        }
    }
    let pinned = try_join_all(wanted.into_iter().map(|it| pinned_versions(place, it))).await?;
    let all: Vec<_> = standing.into_iter().chain(pinned.into_iter().flatten()).collect();
    Ok(sorted_versions(all))
}

async fn pinned_versions(
    place: &Place,
    (template, numbers): (String, BTreeSet<i64>),
) -> Result<Vec<LaunchTemplateVersion>, Gap> {
    let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let call = place.read("ec2:DescribeLaunchTemplateVersions").all(
        |token| {
            let request = place.ec2.describe_launch_template_versions();
            let request = request.launch_template_id(&template).set_versions(Some(numbers.clone()));
            request.include_managed_resources(true).set_next_token(token).send()
        },
        |it| versions(it.launch_template_versions, it.next_token),
    );
    match call.await {
        // The template or the version is deleted: there is nothing to read.
        Err(gap) if gap.reason == Reason::NotCollected => Ok(Vec::new()),
        answer => answer,
    }
}

fn sorted_versions(mut versions: Vec<LaunchTemplateVersion>) -> Vec<LaunchTemplateVersion> {
    versions.sort_by(|a, b| {
        let key = |it: &LaunchTemplateVersion| (it.launch_template_id.clone(), it.version_number);
        key(a).cmp(&key(b))
    });
    versions
}

fn versions(
    versions: Option<Vec<types::LaunchTemplateVersion>>,
    next: Option<String>,
) -> Parsed<Page<LaunchTemplateVersion>> {
    let items: Parsed<_> = versions.unwrap_or_default().into_iter().map(version).collect();
    Ok(Page { items: items?, next })
}

/// User data comes with the answer and is dropped here.
fn version(it: types::LaunchTemplateVersion) -> Parsed<LaunchTemplateVersion> {
    let data = required("launchTemplateData", it.launch_template_data)?;
    let interfaces = data.network_interfaces.unwrap_or_default();
    let public = interfaces.into_iter().filter_map(|it| it.associate_public_ip_address);
    let options = data.metadata_options.map(|it| MetadataOptions {
        http_endpoint: it.http_endpoint.map(|it| it.as_str().to_owned()),
        http_tokens: it.http_tokens.map(|it| it.as_str().to_owned()),
        http_put_response_hop_limit: hop_limit(it.http_put_response_hop_limit),
    });
    Ok(LaunchTemplateVersion {
        launch_template_id: required("launchTemplateId", it.launch_template_id)?,
        launch_template_name: it.launch_template_name.unwrap_or_default(),
        version_number: required("versionNumber", it.version_number)?,
        default_version: it.default_version.unwrap_or_default(),
        latest_version: false,
        metadata_options: options,
        associate_public_ip_address: public.reduce(|a, b| a || b),
        iam_instance_profile: data.iam_instance_profile.and_then(|it| it.arn.or(it.name)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_association_is_no_public_address() {
        let address = |ip: &str, public: &str| {
            types::NetworkInterfacePrivateIpAddress::builder()
                .private_ip_address(ip)
                .association(
                    types::NetworkInterfaceAssociation::builder().public_ip(public).build(),
                )
                .build()
        };
        let bare = || types::NetworkInterface::builder().network_interface_id("eni-1");
        let it =
            bare().private_ip_address("10.0.0.1").private_ip_addresses(address("10.0.0.1", ""));
        let it = interface(it.build()).unwrap();
        assert_eq!((it.public_ip, it.private_ips.len()), (None, 1));
        let second = bare()
            .private_ip_addresses(address("10.0.0.1", ""))
            .private_ip_addresses(address("10.0.0.2", "198.51.100.7"));
        let it = interface(second.build()).unwrap();
        assert_eq!(it.public_ip, Some(Ipv4Addr::new(198, 51, 100, 7)));
        assert_eq!(it.private_ips.len(), 2);
    }

    #[test]
    fn only_an_eks_principal_makes_an_instance_of_auto_mode() {
        let managed = |principal: &str, managed| {
            let operator = types::OperatorResponse::builder().managed(managed).principal(principal);
            let state = types::InstanceState::builder().name(types::InstanceStateName::Running);
            let it = types::Instance::builder().instance_id("i-1").state(state.build());
            instance(it.operator(operator.build()).build()).unwrap().managed_by_eks
        };
        assert!(managed("eks.amazonaws.com", true));
        assert!(!managed("eks.amazonaws.com", false));
        assert!(!managed("workspaces.amazonaws.com", true));
    }

    #[test]
    fn a_template_gives_a_public_address_if_any_interface_does() {
        let of = |given: &[bool]| {
            let interfaces = given.iter().map(|it| {
                types::LaunchTemplateInstanceNetworkInterfaceSpecification::builder()
                    .associate_public_ip_address(*it)
                    .build()
            });
            let data = types::ResponseLaunchTemplateData::builder()
                .set_network_interfaces(Some(interfaces.collect()))
                .build();
            let it = types::LaunchTemplateVersion::builder()
                .launch_template_id("lt-1")
                .version_number(1)
                .launch_template_data(data);
            version(it.build()).unwrap().associate_public_ip_address
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[false]), Some(false));
        assert_eq!(of(&[false, true]), Some(true));
    }
}
