//! EC2: prefix lists, and what those hold that filter or route packets.

use std::collections::BTreeSet;

use aws_sdk_ec2::types;
use eksray_aws::inventory::ec2::{PrefixList, RouteTable, SecurityGroup};
use eksray_rule::{Fetched, Gap, Reason};
use futures::future::join_all;
use ipnet::IpNet;

use super::network::page;
use crate::aws::{
    parse::{parsed, required, sorted},
    place::Place,
    read::Parsed,
};

/// Prefix lists, with the entries of those that groups or routes name.
pub(super) async fn prefix_lists(
    place: &Place,
    groups: &Result<Vec<SecurityGroup>, Gap>,
    tables: &Result<Vec<RouteTable>, Gap>,
    lists: Result<Vec<PrefixList>, Gap>,
) -> Result<Vec<PrefixList>, Gap> {
    let permissions = groups.iter().flatten().flat_map(|it| &it.ip_permissions);
    let routes = tables.iter().flatten().flat_map(|it| &it.routes);
    let named: BTreeSet<&str> = permissions
        .flat_map(|it| &it.prefix_list_ids)
        .chain(routes.filter_map(|it| it.destination_prefix_list_id.as_ref()))
        .map(String::as_str)
        .collect();
    let named = &named;
    let complete = lists?.into_iter().map(|mut list| async move {
        if named.contains(list.prefix_list_id.as_str()) {
            list.entries = prefix_list_entries(place, &list.prefix_list_id).await.into();
        }
        list
    });
    Ok(sorted(join_all(complete).await, |it| it.prefix_list_id.as_str()))
}

/// `ec2:DescribeManagedPrefixLists`, without entries.
pub(super) async fn bare_prefix_lists(place: &Place) -> Result<Vec<PrefixList>, Gap> {
    let call = place.read("ec2:DescribeManagedPrefixLists").all(
        |token| {
            let request = place.ec2.describe_managed_prefix_lists().max_results(100);
            request.set_next_token(token).send()
        },
        |it| page(it.prefix_lists, it.next_token, bare_prefix_list),
    );
    call.await
}

fn bare_prefix_list(it: types::ManagedPrefixList) -> Parsed<PrefixList> {
    Ok(PrefixList {
        prefix_list_id: required("prefixListId", it.prefix_list_id)?,
        prefix_list_name: it.prefix_list_name.unwrap_or_default(),
        entries: Fetched::unread(Gap {
            call: "ec2:GetManagedPrefixListEntries".to_owned(),
            reason: Reason::NotCollected,
            detail: "no group and no route names the list".to_owned(),
        }),
    })
}

async fn prefix_list_entries(place: &Place, id: &str) -> Result<Vec<IpNet>, Gap> {
    let call = place.read("ec2:GetManagedPrefixListEntries").all(
        |token| {
            let request = place.ec2.get_managed_prefix_list_entries().prefix_list_id(id);
            request.max_results(100).set_next_token(token).send()
        },
        |it| page(it.entries, it.next_token, |it| parsed(it.cidr().unwrap_or_default())),
    );
    let mut entries = call.await?;
    entries.sort();
    Ok(entries)
}
