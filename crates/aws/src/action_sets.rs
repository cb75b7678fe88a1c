//! Dated sets of actions: what AWS's own node policies grant, and what intruders look for.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use crate::iam::covers;

static NODE_BASELINE: LazyLock<Baseline> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/node-role-baseline.json"))
        .expect("data/node-role-baseline.json has this shape")
});

static CLASSES: LazyLock<Classes> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/action-classes.json"))
        .expect("data/action-classes.json has this shape")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Baseline {
    date: jiff::civil::Date,
    policies: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Classes {
    date: jiff::civil::Date,
    classes: BTreeMap<String, Vec<String>>,
}

/// The day the older of the two sets was looked at.
pub fn date() -> jiff::civil::Date {
    NODE_BASELINE.date.min(CLASSES.date)
}

/// Whether a node needs an action: one of the AWS managed policies for nodes grants it. Patterns are covered as a whole.
pub fn nodes_need(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    let needed = NODE_BASELINE.policies.values().flatten();
    needed.into_iter().any(|it| covers(&it.to_ascii_lowercase(), &action))
}

/// Actions by class: `secret read`, `data read`, `escalation`, `assume`, `registry write` and some of `write`.
pub fn by_class() -> impl Iterator<Item = (&'static str, &'static str)> {
    CLASSES.classes.iter().flat_map(|(class, actions)| {
        actions.iter().map(move |action| (class.as_str(), action.as_str()))
    })
}

/// Whether an action (or every action that a pattern matches) only tells something, by the verb it begins with.
pub fn only_reads(action: &str) -> bool {
    const VERBS: [&str; 14] = [
        "batchcheck",
        "batchdescribe",
        "batchget",
        "check",
        "describe",
        "discover",
        "estimate",
        "filter",
        "get",
        "head",
        "list",
        "lookup",
        "search",
        "view",
    ];
    let name = action.split_once(':').map_or("", |(_, name)| name).to_ascii_lowercase();
    VERBS.iter().any(|it| name.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_files_are_read() {
        assert!(date().year() >= 2026);
        assert!(by_class().any(|it| it == ("assume", "sts:AssumeRole")));
        assert!(by_class().all(|(_, action)| action.contains(':') && !nodes_need(action)));
    }

    #[test]
    fn nodes_need_what_their_managed_policies_grant() {
        assert!(nodes_need("EC2:describeinstances"));
        assert!(nodes_need("ssmmessages:*"));
        assert!(!nodes_need("ec2:*"));
        assert!(!nodes_need("ecr:PutImage"));
        assert!(only_reads("ec2:Describe*"));
        assert!(!only_reads("ec2:De*"));
        assert!(!only_reads("*"));
    }
}
