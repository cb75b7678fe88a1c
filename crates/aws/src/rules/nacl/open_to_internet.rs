use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{default_acl, entries, port};
use crate::{
    Check, RegionContext, Rule,
    cidr::{Family, internet, is_internet_wide},
    inventory::ec2::Subnet,
    net::{
        Protocol,
        acl::{acl_of, walk},
        public_subnet,
    },
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(1)],
    cis: &[],
    check: Check::ClusterSubnet(check),
};

const PORTS: [u16; 6] = [20, 21, 22, 3389, 10250, 10255];

fn check(subnet: &Subnet, region: &RegionContext<'_>) -> Verdict {
    let network = region.network();
    any([Family::V4, Family::V6].map(|family| {
        if public_subnet(&network, subnet, family)?.is_none() {
            return Ok(Judgement::not_applicable("not a public subnet"));
        }
        let acl = acl_of(&network, &subnet.subnet_id, &subnet.vpc_id)?;
        let outside = internet().only(family);
        let (mut open, mut through, mut gap) = (Vec::new(), Vec::new(), None);
        for (name, protocol) in [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)] {
            for number in PORTS {
                let walked = walk(acl, false, port(protocol, number));
                if is_internet_wide(&walked.extent.sure.and(&outside)) {
                    open.push(format!("{name} {number}"));
                    through.extend(entries(acl, &walked, &outside));
                } else if is_internet_wide(&walked.extent.maybe.and(&outside)) {
                    gap = walked.extent.gaps.into_iter().next().or(gap);
                }
            }
        }
        if open.is_empty() {
            return gap.map_or(Ok(Judgement::pass()), Err);
        }
        let mut facts = vec![format!("admits the internet to {}", open.join(", "))];
        through.sort();
        through.dedup();
        facts.extend(through.into_iter().chain(default_acl(acl)));
        Ok(Judgement::of(facts))
    }))
}
