//! S3 answers: what decides whether a bucket is public.

use eksray_rule::Fetched;
use serde::{Deserialize, Serialize};

/// The bucket of a trail, as far as it could be read. One of another account counts as denied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Bucket {
    /// `s3:GetBucketPolicyStatus`: `IsPublic`; false without a policy.
    pub policy_is_public: Fetched<bool>,
    /// `s3:GetBucketAcl`: grants to the groups `AllUsers` and `AuthenticatedUsers`, as `READ to AllUsers`.
    pub public_grants: Fetched<Vec<String>>,
    /// `s3:GetBucketPublicAccessBlock`.
    pub public_access_block: Fetched<PublicAccessBlock>,
}

/// What is blocked of a bucket, or of all buckets of an account; everything is false where it was never set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PublicAccessBlock {
    /// ACLs that make public are ignored.
    pub ignore_public_acls: bool,
    /// A policy that makes public admits the account and AWS services only.
    pub restrict_public_buckets: bool,
}
