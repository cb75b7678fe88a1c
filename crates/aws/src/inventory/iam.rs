//! IAM answers. Policy documents are kept as text; `iam::Document` reads them.

use serde::{Deserialize, Serialize};

use super::Tags;

/// `iam:GetAccountAuthorizationDetails`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AuthorizationDetails {
    /// Roles.
    pub roles: Vec<Role>,
    /// Users.
    pub users: Vec<User>,
    /// Groups.
    pub groups: Vec<Group>,
    /// Managed policies that are attached somewhere, AWS's own included.
    pub policies: Vec<ManagedPolicy>,
}

/// A role.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Role {
    /// ARN, with its path.
    pub arn: String,
    /// Name.
    pub role_name: String,
    /// Trust policy, JSON text.
    pub assume_role_policy_document: String,
    /// Inline policies.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached_policies: Vec<String>,
    /// ARN of the permissions boundary.
    pub permissions_boundary: Option<String>,
    /// ARNs of its instance profiles.
    pub instance_profiles: Vec<String>,
    /// Tags.
    pub tags: Tags,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct User {
    /// ARN, with its path.
    pub arn: String,
    /// Name.
    pub user_name: String,
    /// Inline policies.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached_policies: Vec<String>,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// ARN of the permissions boundary.
    pub permissions_boundary: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Group {
    /// ARN.
    pub arn: String,
    /// Name.
    pub group_name: String,
    /// Inline policies.
    pub inline_policies: Vec<InlinePolicy>,
    /// ARNs of managed policies.
    pub attached_policies: Vec<String>,
}

/// An inline policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct InlinePolicy {
    /// Name.
    pub name: String,
    /// JSON text.
    pub document: String,
}

/// A managed policy at its default version.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ManagedPolicy {
    /// ARN; AWS's own have account `aws`.
    pub arn: String,
    /// Default version, JSON text.
    pub document: String,
}

/// `iam:GetOpenIDConnectProvider`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OidcProvider {
    /// ARN.
    pub arn: String,
    /// Issuer without `https://`.
    pub url: String,
    /// Audiences that it accepts.
    pub client_id_list: Vec<String>,
}
