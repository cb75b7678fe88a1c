use eksray_rule::{Judgement, NodePoolKind, Part, Severity, Verdict, any};

use super::shared::{blocks_drift, days, expiry, node_pool};
use crate::{Check, Context, Rule, inventory::cluster::Node, pool_of};

pub(crate) const RULE: Rule = Rule {
    severity: Severity::Low,
    covers: &[Part::Patching],
    cis: &[],
    check: Check::NodePool(check),
};

fn check(nodes: &[&Node], context: &Context<'_>) -> Verdict {
    let Some((kind, name)) = nodes.first().map(|it| pool_of(it)) else {
        return Ok(Judgement::pass());
    };
    match kind {
        NodePoolKind::Fargate => Ok(Judgement::not_applicable("Fargate replaces nodes with pods")),
        NodePoolKind::Hybrid => Ok(Judgement::not_applicable("not an instance of AWS")),
        NodePoolKind::Auto => node_pool(name, context).map(|it| Judgement::of(blocks_drift(it))),
        NodePoolKind::Karpenter => any([
            Ok(Judgement::of(old(nodes, context))),
            node_pool(name, context).map(|it| {
                let limit = context.settings.node_max_age;
                Judgement::of([expiry(it, limit), blocks_drift(it)].concat())
            }),
        ]),
        _ => Ok(Judgement::of(old(nodes, context))),
    }
}

fn old(nodes: &[&Node], context: &Context<'_>) -> Vec<String> {
    let limit = context.settings.node_max_age;
    let age = |it: &&&Node| it.metadata.creation_timestamp.map(|it| days(context.now, it));
    let old: Vec<_> = nodes.iter().filter(|it| age(it).is_some_and(|it| limit < it)).collect();
    let oldest = old.iter().max_by_key(|it| (age(it), &it.metadata.name));
    let said = oldest.and_then(|it| {
        let (some, all, age) = (old.len(), nodes.len(), age(it)?);
        Some(format!(
            "{some} of {all} nodes are older than {limit} days, {} is {age}",
            it.metadata.name
        ))
    });
    said.into_iter().collect()
}
