//! What Karpenter's pools say of the age of their nodes.

use eksray_rule::{Gap, Reason};
use jiff::Timestamp;
use serde_json::Value;

use crate::{Context, inventory::cluster::CustomObject};

/// Whole days between two times, never less than none.
pub(super) fn days(now: Timestamp, then: Timestamp) -> u32 {
    u32::try_from(now.duration_since(then).as_hours() / 24).unwrap_or_default()
}

/// The `NodePool` of a name.
pub(super) fn node_pool<'a>(name: &str, context: &Context<'a>) -> Result<&'a CustomObject, Gap> {
    let pools = context.kube.karpenter.known()?.iter();
    let mut named = pools.filter(|it| it.kind == "NodePool" && it.metadata.name == name);
    named.next().ok_or_else(|| Gap {
        call: "list nodepools.karpenter.sh".to_owned(),
        reason: Reason::Malformed,
        detail: format!("a node names NodePool `{name}`, which is not among them"),
    })
}

/// Whether nodes of a pool outlive `limit` days; without `expireAfter` they live 30.
pub(super) fn expiry(pool: &CustomObject, limit: u32) -> Vec<String> {
    // In v1beta1 it stands under `disruption`.
    let places = [&pool.spec["template"]["spec"], &pool.spec["disruption"]];
    let Some(text) = places.into_iter().find_map(|it| it["expireAfter"].as_str()) else {
        return Vec::new();
    };
    let long = match hours(text) {
        None => text == "Never",
        Some(hours) => f64::from(limit) * 24.0 < hours,
    };
    long.then(|| format!("expireAfter: {text}")).into_iter().collect()
}

/// A budget of none at all times keeps nodes from being replaced when their image is outdated. Of several that
/// are in force at a time, the least counts.
pub(super) fn blocks_drift(pool: &CustomObject) -> Vec<String> {
    let budgets = pool.spec["disruption"]["budgets"].as_array().into_iter().flatten();
    let about_drift = |it: &Value| match it["reasons"].as_array() {
        Some(reasons) if !reasons.is_empty() => reasons.iter().any(|it| it == "Drifted"),
        _ => true,
    };
    let none = |it: &&Value| {
        let nodes = it["nodes"].as_str();
        it["schedule"].is_null() && about_drift(it) && matches!(nodes, Some("0" | "0%"))
    };
    let found = budgets.into_iter().find(none);
    found.map(|_| "disruption.budgets has nodes: 0 at all times".to_owned()).into_iter().collect()
}

/// `720h`, `1h30m`, `2160h0m0s`.
fn hours(text: &str) -> Option<f64> {
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit =
            rest[end..].find(|it: char| it.is_ascii_digit()).map_or(rest.len(), |it| end + it);
        total += match &rest[end..unit] {
            "h" => number,
            "m" => number / 60.0,
            "s" => number / 3600.0,
            _ => return None,
        };
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_karpenter_writes_them() {
        for (text, expected) in [
            ("720h", Some(720.0)),
            ("2160h0m0s", Some(2160.0)),
            ("1h30m", Some(1.5)),
            ("90m", Some(1.5)),
            ("Never", None),
            ("", None),
            ("10", None),
        ] {
            assert_eq!(hours(text), expected, "{text}");
        }
    }
}
