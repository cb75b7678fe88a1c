//! Dated sets of actions: what AWS's own policies for nodes, control planes and controllers grant, and what intruders look for.

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

static BASELINES: LazyLock<Baselines> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/role-baselines.json"))
        .expect("data/role-baselines.json has this shape")
});

static WIDE: LazyLock<Wide> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/wide-actions.json"))
        .expect("data/wide-actions.json has this shape")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Baselines {
    date: jiff::civil::Date,
    cluster: BTreeMap<String, Vec<String>>,
    fargate: BTreeMap<String, Vec<String>>,
    controllers: Vec<Controller>,
}

/// A controller that AWS or its project publishes a policy for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Controller {
    pub(crate) name: String,
    /// Where it usually runs.
    pub(crate) namespaces: Vec<String>,
    pub(crate) service_account: String,
    /// The add-on that holds its role, if there is one.
    pub(crate) addon: String,
    /// What the published policy allows but for reading.
    actions: Vec<String>,
}

impl Controller {
    /// Whether its policy allows an action, or every action that a pattern matches.
    pub(crate) fn needs(&self, action: &str) -> bool {
        grants(&self.actions, action)
    }
}

/// Actions by class, each with the kind of resource that it is about, as an ARN without its first two parts.
pub(crate) type Kinds = BTreeMap<String, BTreeMap<String, String>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wide {
    date: jiff::civil::Date,
    data_wildcard: Kinds,
    tampering: Kinds,
    remote_exec: Kinds,
}

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

/// The day the oldest of the sets was looked at.
pub fn date() -> jiff::civil::Date {
    let others = [CLASSES.date, BASELINES.date, WIDE.date, crate::iam::escalation::date()];
    others.into_iter().fold(NODE_BASELINE.date, Ord::min)
}

/// Whether a node needs an action: one of the AWS managed policies for nodes grants it. Patterns are covered as a whole.
pub fn nodes_need(action: &str) -> bool {
    grants(NODE_BASELINE.policies.values().flatten(), action)
}

/// Whether a control plane needs an action, Auto Mode and encryption of Secrets included.
pub(crate) fn control_planes_need(action: &str) -> bool {
    grants(BASELINES.cluster.values().flatten(), action)
}

/// Whether Fargate needs an action to start pods and write their logs.
pub(crate) fn fargate_needs(action: &str) -> bool {
    grants(BASELINES.fargate.values().flatten(), action)
}

/// Controllers with a published policy.
pub(crate) fn controllers() -> &'static [Controller] {
    &BASELINES.controllers
}

/// Actions that read or destroy data.
pub(crate) fn data_wildcard() -> &'static Kinds {
    &WIDE.data_wildcard
}

/// Actions that blind or open up an account.
pub(crate) fn tampering() -> &'static Kinds {
    &WIDE.tampering
}

/// Actions that run code elsewhere.
pub(crate) fn remote_exec() -> &'static Kinds {
    &WIDE.remote_exec
}

fn grants<'a>(patterns: impl IntoIterator<Item = &'a String>, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    patterns.into_iter().any(|it| covers(&it.to_ascii_lowercase(), &action))
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
        assert!(control_planes_need("ec2:createroute") && !control_planes_need("s3:GetObject"));
        assert!(fargate_needs("ecr:GetAuthorizationToken") && !fargate_needs("ecr:*"));
        assert!(controllers().iter().all(|it| !it.needs("iam:CreateRole") && !it.needs("ec2:*")));
        assert!([data_wildcard(), tampering(), remote_exec()].iter().all(|it| it.len() == 3));
        assert!(only_reads("ec2:Describe*"));
        assert!(!only_reads("ec2:De*"));
        assert!(!only_reads("*"));
    }
}
