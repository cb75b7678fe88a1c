use eksray_rule::{Gap, Judgement, Part, Severity, Verdict, any};

use super::shared::{in_one_zone, is_available, zones};
use crate::{
    Check, RegionContext, Rule,
    inventory::{ec2::Instance, eks::Cluster},
    node_pool::running,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Practice(10)],
    cis: &[],
    check: Check::Cluster(check),
};

fn check(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let mut verdicts = vec![nodes(cluster, region)];
    match (cluster.described.known(), region.region.vpc_endpoints.known()) {
        (Ok(described), Ok(endpoints)) => {
            let own = endpoints.iter().filter(|it| Some(&it.vpc_id) == described.vpc_id.as_ref());
            let own = own.filter(|it| it.vpc_endpoint_type == "Interface" && is_available(it));
            verdicts.extend(own.map(|it| {
                let what = format!("{} for {}", it.vpc_endpoint_id, it.service_name);
                in_one_zone(&what, &it.subnet_ids, region)
            }));
        }
        (Err(gap), _) | (_, Err(gap)) => verdicts.push(Err(gap)),
    }
    match region.region.load_balancers.known() {
        Ok(balancers) => {
            let own = balancers.iter().filter(|it| it.is_of(&cluster.name));
            verdicts.extend(own.map(|it| {
                let what = format!("{} load balancer {}", it.type_, it.name);
                in_one_zone(&what, &it.subnet_ids, region)
            }));
        }
        Err(gap) => verdicts.push(Err(gap)),
    }
    any(verdicts)
}

/// Nodes in two zones are enough, whatever else could not be read.
fn nodes(cluster: &Cluster, region: &RegionContext<'_>) -> Verdict {
    let (id, found) = (region.cluster_id(&cluster.name), region.pools()?);
    let own = found.pools.iter().filter(|it| it.cluster == id);
    let instances: Vec<Result<Vec<&Instance>, Gap>> = own.map(running).collect();
    let gap = instances.iter().find_map(|it| it.as_ref().err());
    let gap = gap.or(found.gaps.get(&id).and_then(|it| it.first())).cloned();
    let running: Vec<&Instance> = instances.into_iter().flatten().flatten().collect();
    let zones = zones(running.iter().filter_map(|it| it.subnet_id.as_deref()), region)?;
    match (Vec::from_iter(zones).as_slice(), gap) {
        ([_, _, ..], _) => Ok(Judgement::pass()),
        (_, Some(gap)) => Err(gap),
        ([only], None) if running.len() > 1 => {
            Ok(Judgement::of(vec![format!("{} running nodes, all in {only}", running.len())]))
        }
        _ => Ok(Judgement::pass()),
    }
}
