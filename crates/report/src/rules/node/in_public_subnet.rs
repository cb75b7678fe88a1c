use eksray_aws::{
    cidr::Family,
    inventory::ec2::Subnet,
    net::{Network, public_subnet},
    node_pool::NodePool,
};
use eksray_rule::{Judgement, Part, Severity, Verdict, any};

use super::shared::{addresses, subnets, unless_listed};
use crate::{
    Check, Rule,
    world::{ClusterView, World},
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Practice(1)],
    cis: &["5.4.3"],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, view: &ClusterView<'_>, _: &World<'_>) -> Verdict {
    let aws = view.aws()?;
    let network = aws.region.network();
    let (subnets, gaps) = subnets(pool, view);
    let parts = subnets.iter().map(|it| is_public(it, &network));
    let verdict = any(gaps.into_iter().map(Err).chain(parts));
    let verdict = verdict.map(|it| match it {
        Judgement::Fail { mut facts, possible, not_considered } => {
            facts.extend(addresses(pool, view, &subnets));
            Judgement::Fail { facts, possible, not_considered }
        }
        judgement => judgement,
    });
    unless_listed(verdict, pool, ("edge_pools", &view.settings.edge_pools))
}

fn is_public(subnet: &Subnet, network: &Network<'_>) -> Verdict {
    any([(Family::V4, "IPv4"), (Family::V6, "IPv6")].map(|(family, name)| {
        let Some(steps) = public_subnet(network, subnet, family)? else {
            return Ok(Judgement::pass());
        };
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let fact = format!("{} is public for {name}: {}", subnet.subnet_id, steps.join(", "));
        Ok(Judgement::of(vec![fact]))
    }))
}
