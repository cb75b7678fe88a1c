//! IAM: the whole account in one list, and the OIDC providers.

use std::collections::BTreeSet;

use aws_sdk_iam::types;
use eksray_aws::inventory::{
    Tags,
    iam::{AuthorizationDetails, Group, InlinePolicy, ManagedPolicy, OidcProvider, Role, User},
};
use eksray_rule::{Fetched, Gap};
use futures::future::join_all;
use percent_encoding::percent_decode_str;

use super::{
    parse::{required, sorted},
    place::Place,
    read::{Page, Parsed},
};

/// `iam:GetAccountAuthorizationDetails`: never role by role.
pub(crate) async fn details(place: &Place) -> Result<AuthorizationDetails, Gap> {
    let call = place.read("iam:GetAccountAuthorizationDetails").all(
        |marker| {
            let request = place.iam.get_account_authorization_details().max_items(1000);
            request.set_marker(marker).send()
        },
        |it| {
            let next = it.marker.filter(|_| it.is_truncated);
            let roles = it.role_detail_list.unwrap_or_default().into_iter().map(role);
            let users = it.user_detail_list.unwrap_or_default().into_iter().map(user);
            let groups = it.group_detail_list.unwrap_or_default().into_iter().map(group);
            let policies = it.policies.unwrap_or_default().into_iter().map(policy);
            let part = AuthorizationDetails {
                roles: roles.collect::<Parsed<_>>()?,
                users: users.collect::<Parsed<_>>()?,
                groups: groups.collect::<Parsed<_>>()?,
                policies: policies.collect::<Parsed<_>>()?,
            };
            Ok(Page { items: vec![part], next })
        },
    );
    let mut whole = AuthorizationDetails::default();
    for part in call.await? {
        whole.roles.extend(part.roles);
        whole.users.extend(part.users);
        whole.groups.extend(part.groups);
        whole.policies.extend(part.policies);
    }
    let used = used(&whole);
    whole.policies.retain(|it| used.contains(&it.arn));
    Ok(AuthorizationDetails {
        roles: sorted(whole.roles, |it| it.arn.as_str()),
        users: sorted(whole.users, |it| it.arn.as_str()),
        groups: sorted(whole.groups, |it| it.arn.as_str()),
        policies: sorted(whole.policies, |it| it.arn.as_str()),
    })
}

/// ARNs of the policies that are attached or bound somewhere; the answer may hold others.
fn used(all: &AuthorizationDetails) -> BTreeSet<String> {
    let roles = all.roles.iter();
    let roles = roles.flat_map(|it| it.attached_policies.iter().chain(&it.permissions_boundary));
    let users = all.users.iter();
    let users = users.flat_map(|it| it.attached_policies.iter().chain(&it.permissions_boundary));
    let groups = all.groups.iter().flat_map(|it| &it.attached_policies);
    roles.chain(users).chain(groups).cloned().collect()
}

fn role(it: types::RoleDetail) -> Parsed<Role> {
    let profiles = it.instance_profile_list.unwrap_or_default().into_iter().map(|it| it.arn);
    Ok(Role {
        arn: required("Arn", it.arn)?,
        role_name: required("RoleName", it.role_name)?,
        assume_role_policy_document: document(it.assume_role_policy_document),
        inline_policies: inline(it.role_policy_list),
        attached_policies: attached(it.attached_managed_policies),
        permissions_boundary: it.permissions_boundary.and_then(|it| it.permissions_boundary_arn),
        instance_profiles: profiles.collect(),
        tags: tags(it.tags),
    })
}

fn user(it: types::UserDetail) -> Parsed<User> {
    Ok(User {
        arn: required("Arn", it.arn)?,
        user_name: required("UserName", it.user_name)?,
        inline_policies: inline(it.user_policy_list),
        attached_policies: attached(it.attached_managed_policies),
        groups: it.group_list.unwrap_or_default(),
        permissions_boundary: it.permissions_boundary.and_then(|it| it.permissions_boundary_arn),
        tags: tags(it.tags),
    })
}

fn group(it: types::GroupDetail) -> Parsed<Group> {
    Ok(Group {
        arn: required("Arn", it.arn)?,
        group_name: required("GroupName", it.group_name)?,
        inline_policies: inline(it.group_policy_list),
        attached_policies: attached(it.attached_managed_policies),
    })
}

fn policy(it: types::ManagedPolicyDetail) -> Parsed<ManagedPolicy> {
    let default = it.default_version_id;
    let versions = it.policy_version_list.unwrap_or_default().into_iter();
    let version = versions
        .filter(|it| it.is_default_version || (it.version_id.is_some() && it.version_id == default))
        .find_map(|it| it.document);
    Ok(ManagedPolicy { arn: required("Arn", it.arn)?, document: document(version) })
}

fn inline(policies: Option<Vec<types::PolicyDetail>>) -> Vec<InlinePolicy> {
    let policies = policies.unwrap_or_default().into_iter();
    let policies = policies.map(|it| InlinePolicy {
        name: it.policy_name.unwrap_or_default(),
        document: document(it.policy_document),
    });
    sorted(policies.collect(), |it| it.name.as_str())
}

fn attached(policies: Option<Vec<types::AttachedPolicy>>) -> Vec<String> {
    let policies = policies.unwrap_or_default().into_iter().filter_map(|it| it.policy_arn);
    sorted(policies.collect(), String::as_str)
}

fn tags(tags: Option<Vec<types::Tag>>) -> Tags {
    tags.unwrap_or_default().into_iter().map(|it| (it.key, it.value)).collect()
}

/// Documents come URL-encoded, by RFC 3986: a plus sign is a plus sign.
fn document(text: Option<String>) -> String {
    let text = text.unwrap_or_default();
    // JSON starts with a brace, or with white space before it; encoded text never does.
    if text.trim_start().starts_with('{') {
        return text;
    }
    percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

/// `iam:ListOpenIDConnectProviders`, each got.
pub(crate) async fn oidc_providers(place: &Place) -> Result<Vec<Fetched<OidcProvider>>, Gap> {
    let call = place.read("iam:ListOpenIDConnectProviders").once(
        || place.iam.list_open_id_connect_providers().send(),
        |it| {
            let providers = it.open_id_connect_provider_list.unwrap_or_default().into_iter();
            providers.map(|it| required("Arn", it.arn)).collect::<Parsed<Vec<_>>>()
        },
    );
    let arns = sorted(call.await?, String::as_str);
    Ok(join_all(arns.iter().map(|it| async move { oidc_provider(place, it).await.into() })).await)
}

async fn oidc_provider(place: &Place, arn: &str) -> Result<OidcProvider, Gap> {
    let call = place.read("iam:GetOpenIDConnectProvider").once(
        || {
            let request = place.iam.get_open_id_connect_provider();
            request.open_id_connect_provider_arn(arn).send()
        },
        |it| {
            let url = required("Url", it.url)?;
            let url = url.strip_prefix("https://").unwrap_or(&url).to_owned();
            let audiences = sorted(it.client_id_list.unwrap_or_default(), String::as_str);
            Ok(OidcProvider { arn: arn.to_owned(), url, client_id_list: audiences })
        },
    );
    call.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_decoded_once() {
        let encoded = "%7B%22Resource%22%3A%22a%2Bb+c%2525%22%7D";
        assert_eq!(document(Some(encoded.to_owned())), r#"{"Resource":"a+b+c%25"}"#);
        let plain = r#"{"Resource":"arn:aws:s3:::x/%41"}"#;
        assert_eq!(document(Some(plain.to_owned())), plain);
        assert_eq!(document(None), "");
    }

    #[test]
    fn the_default_version_of_a_policy_is_kept() {
        let version = |id: &str, text: &str, default| {
            types::PolicyVersion::builder()
                .version_id(id)
                .document(text)
                .is_default_version(default)
                .build()
        };
        let it = types::ManagedPolicyDetail::builder()
            .arn("arn:aws:iam::111122223333:policy/p")
            .policy_version_list(version("v2", "{2}", false))
            .policy_version_list(version("v1", "{1}", true))
            .build();
        assert_eq!(policy(it).unwrap().document, "{1}");
    }
}
