//! What the rules about keys have in common.

use eksray_rule::{Gap, Reason};

use crate::{
    RegionContext,
    at_rest::KeyUse,
    inspect::few,
    inventory::kms::{Key, KeyDescription},
};

/// What KMS tells of a key; none where resources name one that is gone.
pub(super) fn described(key: &Key) -> Result<Option<&KeyDescription>, Gap> {
    match key.described.known() {
        Err(gap) if gap.reason == Reason::NotCollected && gap.call == "kms:DescribeKey" => Ok(None),
        answer => answer.map(Some),
    }
}

/// Why other rules say nothing of a key that is gone.
pub(super) const GONE: &str = "the key does not exist any more, judged by kms-key-unusable";

/// What is encrypted with a key.
pub(super) fn used_by(usage: &KeyUse<'_>) -> String {
    format!("encrypts {}", few(usage.resources.iter().map(|it| it.subject.short())))
}

/// Whether a key belongs to the account that is scanned.
pub(super) fn is_own(key: &KeyDescription, region: &RegionContext<'_>) -> bool {
    key.arn.split(':').nth(4) == Some(region.account.account.id.as_str())
}
