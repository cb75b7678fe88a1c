//! Whether buckets are public, and what their account blocks.

use eksray_aws::inventory::s3::{Bucket, PublicAccessBlock};
use eksray_rule::Gap;
use futures::join;
use serde::Deserialize;

use super::{place::Place, read::Parsed, signed::s3::Holder};

/// What decides whether a bucket is public. One of another account is denied.
pub(crate) async fn bucket(place: &Place, name: &str) -> Bucket {
    let holder = Holder::Bucket(name, &place.account);
    let status = place.read("s3:GetBucketPolicyStatus").once(
        || place.signed.s3::<PolicyStatus>(holder, "policyStatus", "NoSuchBucketPolicy"),
        |it| it.map_or(Ok(false), |it| boolean(&it.is_public)),
    );
    let acl = place
        .read("s3:GetBucketAcl")
        .once(|| place.signed.s3::<Acl>(holder, "acl", ""), |it| Ok(public_grants(it)));
    let block = place.read("s3:GetBucketPublicAccessBlock").once(
        || place.signed.s3(holder, "publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        public_access_block,
    );
    let (policy_is_public, public_grants, public_access_block) = join!(status, acl, block);
    Bucket {
        policy_is_public: policy_is_public.into(),
        public_grants: public_grants.into(),
        public_access_block: public_access_block.into(),
    }
}

/// `s3:GetAccountPublicAccessBlock`.
pub(crate) async fn account(place: &Place) -> Result<PublicAccessBlock, Gap> {
    let holder = Holder::Account(&place.account);
    let call = place.read("s3:GetAccountPublicAccessBlock").once(
        || place.signed.s3(holder, "publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        public_access_block,
    );
    call.await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyStatus {
    is_public: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Block {
    ignore_public_acls: String,
    restrict_public_buckets: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Acl {
    #[serde(default)]
    access_control_list: Grants,
}

#[derive(Debug, Default, Deserialize)]
struct Grants {
    #[serde(default, rename = "Grant")]
    grants: Vec<Grant>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Grant {
    grantee: Grantee,
    permission: String,
}

#[derive(Debug, Deserialize)]
struct Grantee {
    #[serde(rename = "URI")]
    uri: Option<String>,
}

fn public_access_block(block: Option<Block>) -> Parsed<PublicAccessBlock> {
    let Some(block) = block else { return Ok(PublicAccessBlock::default()) };
    Ok(PublicAccessBlock {
        ignore_public_acls: boolean(&block.ignore_public_acls)?,
        restrict_public_buckets: boolean(&block.restrict_public_buckets)?,
    })
}

/// S3 writes `TRUE` in some answers and `true` in others.
fn boolean(text: &str) -> Parsed<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("`{text}` does not parse")),
    }
}

fn public_grants(acl: Option<Acl>) -> Vec<String> {
    let grants = acl.map(|it| it.access_control_list.grants).unwrap_or_default();
    let public = grants.into_iter().filter_map(|it| {
        let group = it.grantee.uri?.rsplit('/').next()?.to_owned();
        let is_public = matches!(group.as_str(), "AllUsers" | "AuthenticatedUsers");
        is_public.then(|| format!("{} to {group}", it.permission))
    });
    let mut public: Vec<String> = public.collect();
    public.sort();
    public
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_to_the_public_groups_are_kept() {
        let acl: Acl = quick_xml::de::from_str(
            r#"<AccessControlPolicy xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Owner><ID>1</ID></Owner><AccessControlList>
            <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>1</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>
            <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
            <Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>http://acs.amazonaws.com/groups/s3/LogDelivery</URI></Grantee><Permission>WRITE</Permission></Grant>
            </AccessControlList></AccessControlPolicy>"#,
        )
        .unwrap();
        assert_eq!(public_grants(Some(acl)), ["READ to AllUsers"]);
    }

    #[test]
    fn booleans_come_in_two_spellings() {
        let status: PolicyStatus =
            quick_xml::de::from_str("<PolicyStatus><IsPublic>TRUE</IsPublic></PolicyStatus>")
                .unwrap();
        assert_eq!(boolean(&status.is_public), Ok(true));
        assert_eq!(boolean("false"), Ok(false));
        assert!(boolean("perhaps").is_err());
    }
}
