use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, RegionContext, Rule,
    cidr::{is_internet_wide, is_private, union},
    inventory::eks::Cluster,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &["5.4.2"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    let cidrs = &described.public_access_cidrs;
    if !described.endpoint_public_access {
        return Ok(Judgement::pass());
    }
    let admitted = union(cidrs.iter().copied());
    if cidrs.is_empty() || is_internet_wide(&admitted) {
        return Ok(Judgement::not_applicable("judged by eks-endpoint-open-to-internet"));
    }
    let mut facts: Vec<String> = cidrs
        .iter()
        .map(|it| {
            let effect = if is_private(it) { ", which is private: no effect" } else { "" };
            format!("publicAccessCidrs contains {it}{effect}")
        })
        .collect();
    if admitted.ipv4_addresses() >= 1 << 16 {
        facts.insert(0, format!("broad: {} IPv4 addresses", admitted.ipv4_addresses()));
    }
    Ok(Judgement::of(facts))
}
