use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::SecretsManager],
    cis: &["5.3.1"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let configs = &cluster.described.known()?.encryption_config;
    // What is encrypted need not be said any more.
    let of_secrets = configs
        .iter()
        .filter(|it| it.resources.is_empty() || it.resources.iter().any(|it| it == "secrets"));
    let keys: Vec<&str> = of_secrets.map(|it| it.key_arn.as_deref().unwrap_or_default()).collect();
    let fact = match (configs.as_slice(), keys.as_slice()) {
        ([], _) => "encryptionConfig is empty: no customer key",
        (_, []) => "no element of encryptionConfig has resources that contain secrets",
        (_, keys) if keys.iter().any(|it| !it.is_empty()) => return Ok(Judgement::pass()),
        _ => "encryptionConfig names secrets without provider.keyArn",
    };
    Ok(Judgement::of(vec![fact.to_owned()]))
}
