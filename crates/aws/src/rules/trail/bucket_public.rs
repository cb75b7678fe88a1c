use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use crate::{
    AccountContext, Check, Rule,
    inventory::{logs::Trail, s3::PublicAccessBlock},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Critical,
    covers: &[Part::Logging],
    cis: &[],
    check: Check::TrailBucket(check),
};

fn check(trail: &Trail, account: &AccountContext<'_>) -> Verdict {
    let bucket = &trail.bucket;
    let by_policy = bucket.policy_is_public.known().map(|public| match public {
        true => vec!["GetBucketPolicyStatus: IsPublic = true".to_owned()],
        false => Vec::new(),
    });
    let grants = bucket.public_grants.known();
    let by_acl = grants.map(|it| it.iter().map(|it| format!("ACL grants {it}")).collect());
    let blocks = || {
        let of_account = ("account", account.account.public_access_block.known());
        [("bucket", bucket.public_access_block.known()), of_account]
    };
    any([
        open(by_policy, blocks(), "RestrictPublicBuckets", |it| it.restrict_public_buckets),
        open(by_acl, blocks(), "IgnorePublicAcls", |it| it.ignore_public_acls),
    ])
}

/// What makes public, unless the bucket or the account blocks it.
fn open(
    facts: Result<Vec<String>, Gap>,
    blocks: [(&str, Result<&PublicAccessBlock, Gap>); 2],
    name: &str,
    is_blocked: fn(&PublicAccessBlock) -> bool,
) -> Verdict {
    let mut facts = facts?;
    if facts.is_empty() {
        return Ok(Judgement::pass());
    }
    let blocked = blocks.iter().find(|(_, it)| it.as_ref().is_ok_and(|it| is_blocked(it)));
    if let Some((by, _)) = blocked {
        facts.push(format!("{name} of the {by} = true"));
        return Ok(Judgement::Pass { facts });
    }
    match blocks.into_iter().find_map(|(_, it)| it.err()) {
        Some(gap) => Err(gap),
        None => Ok(Judgement::of(facts)),
    }
}
