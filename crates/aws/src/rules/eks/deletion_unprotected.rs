use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{Check, RegionContext, Rule, inventory::eks::Cluster, node_pool::missing};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    match described.deletion_protection {
        None => return Err(missing("eks:DescribeCluster", "deletionProtection")),
        Some(true) => return Ok(Judgement::pass()),
        Some(false) => {}
    }
    let facts = vec!["deletionProtection is false".to_owned()];
    let wanted = &region.account.settings.throwaway_tags;
    let mut tags = described.tags.iter().map(|(key, value)| format!("{key}={value}"));
    Ok(match tags.find(|it| wanted.contains(it)) {
        Some(tag) => Judgement::accepted(facts, format!("tag {tag} is in throwaway_tags")),
        None => Judgement::of(facts),
    })
}
