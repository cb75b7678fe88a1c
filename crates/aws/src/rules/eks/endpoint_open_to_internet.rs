use eksray_rule::{Judgement, Part, Severity, Verdict};

use crate::{
    Check, RegionContext, Rule,
    cidr::{is_internet_wide, is_private, public_ipv4_addresses, union},
    inventory::eks::Cluster,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::High,
    covers: &[Part::Practice(1), Part::Practice(2)],
    cis: &["5.4.1", "5.4.2"],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, _: &RegionContext<'_>) -> Verdict {
    let described = cluster.described.known()?;
    let cidrs = &described.public_access_cidrs;
    if !described.endpoint_public_access {
        return Ok(Judgement::pass());
    }
    if cidrs.is_empty() {
        let fact = "publicAccessCidrs is empty: the API default 0.0.0.0/0 applies";
        return Ok(Judgement::of(vec![fact.to_owned()]));
    }
    let admitted = union(cidrs.iter().copied());
    if !is_internet_wide(&admitted) {
        return Ok(Judgement::pass());
    }
    let public = cidrs.iter().filter(|it| !is_private(it));
    let mut facts: Vec<String> =
        public.map(|it| format!("publicAccessCidrs contains {it}")).collect();
    let addresses = public_ipv4_addresses(&admitted);
    if facts.len() > 1 && addresses >= 1 << 24 {
        facts.insert(0, format!("together {addresses} public IPv4 addresses"));
    }
    Ok(Judgement::of(facts))
}
