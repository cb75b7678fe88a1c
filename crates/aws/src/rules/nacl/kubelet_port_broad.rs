use eksray_rule::{Judgement, Part, Severity, Verdict};

use super::shared::{default_acl, entries, port};
use crate::{
    Check, RegionContext, Rule,
    cidr::is_internet_wide,
    inspect::network::{OwnRanges, own_ranges},
    inventory::ec2::Subnet,
    net::{
        Protocol,
        acl::{acl_of, walk},
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::NodeSubnet(check),
};

fn check(subnet: &Subnet, region: &RegionContext<'_>) -> Verdict {
    let acl = acl_of(&region.network(), &subnet.subnet_id, &subnet.vpc_id)?;
    let walked = walk(acl, false, port(Protocol::Tcp, 10250));
    let OwnRanges { ranges: own, mut gaps, excuses } = own_ranges(region, &subnet.subnet_id);
    let outside = walked.extent.sure.minus(&own);
    // The subnets of a cluster are never as wide as the internet, so that much is proven without them.
    let is_proven = gaps.is_empty() || is_internet_wide(&outside);
    if outside.is_empty() || !is_proven {
        let may_admit = !walked.extent.maybe.minus(&own).is_empty();
        gaps.extend(walked.extent.gaps);
        return match gaps.into_iter().next() {
            Some(gap) if may_admit => Err(gap),
            _ => Ok(Judgement::pass()),
        };
    }
    let mut facts = vec!["admits tcp 10250 from outside the networks of the cluster".to_owned()];
    facts.extend(entries(acl, &walked, &outside));
    facts.extend(default_acl(acl));
    gaps.extend(excuses);
    Ok(Judgement::Fail { facts, possible: false, not_considered: gaps })
}
