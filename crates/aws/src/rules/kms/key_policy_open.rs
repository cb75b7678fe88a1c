use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::{GONE, described, is_own, used_by};
use crate::{
    Check, RegionContext, Rule,
    at_rest::KeyUse,
    iam::{Answer, Document, strangers},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::SecretsManager],
    cis: &["5.3.1"],
    check: Check::Key(check),
};

/// What lets others read data, make it unreadable or give the key away; looking at the key does not.
const ACTIONS: [&str; 10] = [
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:DisableKey",
    "kms:ScheduleKeyDeletion",
];

fn check(usage: &KeyUse<'_>, region: &RegionContext<'_>) -> Verdict {
    let Some(key) = described(usage.key)? else { return Ok(Judgement::not_applicable(GONE)) };
    if key.key_manager == "AWS" {
        return Ok(Judgement::not_applicable("managed by AWS, which writes its policy"));
    }
    if !is_own(key, region) {
        return Ok(Judgement::not_applicable(
            "a key of another account, whose policy only it can read",
        ));
    }
    let document = Document::parse("of the key", usage.key.policy.known()?);
    let trusted = &region.account.settings.trusted_accounts;
    let found = strangers(&document, &region.account.account.id, trusted, &ACTIONS);
    let parts = found.into_iter().map(|it| {
        let possible = it.answer == Answer::Maybe;
        let facts = vec![it.to_string(), used_by(usage)];
        Ok(Judgement::Fail { facts, possible, not_considered: Vec::new() })
    });
    let gap = document.gap.clone().map(|it| Err(Gap { call: "kms:GetKeyPolicy".to_owned(), ..it }));
    any(parts.chain(gap))
}
