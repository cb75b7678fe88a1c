use eksray_rule::{Judgement, NodePoolKind, Part, Severity, Verdict, any};

use crate::{
    Check, RegionContext, Rule,
    ami::{Dated, dated, images, newest, recommended, retired},
    inventory::eks::NodegroupDescription,
    node_pool::NodePool,
};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Medium,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(pool: &NodePool<'_>, region: &RegionContext<'_>) -> Verdict {
    if pool.kind == NodePoolKind::Auto {
        return Ok(Judgement::not_applicable("EKS replaces nodes of Auto Mode within 21 days"));
    }
    let nodegroup = pool.nodegroup.clone().transpose()?;
    let parameter = nodegroup.and_then(recommended);
    if let (Some(nodegroup), Some(parameter)) = (nodegroup, parameter) {
        return managed(pool, nodegroup, &parameter, region);
    }
    any(images(pool, region)?.into_iter().map(|image| match image {
        Ok(image) => any([Ok(retired(image, region)), Dated::of(image).map(|it| it.old(region))]),
        Err(id) => {
            Ok(Judgement::of(vec![format!("{id} is not returned by ec2:DescribeImages any more")]))
        }
    }))
}

/// Measured against the image that AWS recommends. Where that is not known, age can only prove.
fn managed(
    pool: &NodePool<'_>,
    nodegroup: &NodegroupDescription,
    parameter: &str,
    region: &RegionContext<'_>,
) -> Verdict {
    let newest = newest(parameter, region);
    let gap = newest.as_ref().err().cloned().map(Err);
    let judged = dated(pool, nodegroup, region)?.into_iter().map(|it| match &newest {
        Ok(Some(newest)) => Ok(it.behind(newest, region)),
        _ => Ok(it.old(region)),
    });
    any(judged.chain(gap))
}
