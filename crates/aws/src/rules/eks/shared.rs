//! What an insight says in detail, and the order of add-on versions.

use crate::{
    inspect::{few, first},
    inventory::insights::InsightDescription,
};

/// One fact for each API that goes away and each add-on, and one for the resources.
pub(super) fn details(insight: &InsightDescription) -> Vec<String> {
    let mut facts = first(insight.deprecations.iter().map(|it| {
        let mut fact = format!("usage of {}", it.usage);
        if let Some(version) = &it.stop_serving_version {
            fact += &format!(", not served from {version}");
        }
        if let Some(other) = it.replaced_with.as_ref().filter(|it| !it.is_empty()) {
            fact += &format!(", replaced with {other}");
        }
        if !it.user_agents.is_empty() {
            fact += &format!(", by {}", few(it.user_agents.iter().cloned()));
        }
        fact
    }));
    facts.extend(first(insight.compatible_addons.iter().map(|(name, versions)| {
        format!("compatible versions of {name}: {}", few(versions.iter().cloned()))
    })));
    if !insight.resources.is_empty() {
        let resources = first(insight.resources.iter().cloned());
        facts.push(format!("resources: {}", resources.join(", ")));
    }
    facts
}

/// The numbers of a version such as `v1.9.3-eksbuild.10`, which sort as versions do; none in a text without a number.
pub(super) fn numbers(version: &str) -> Option<Vec<u64>> {
    let runs = version.split(|it: char| !it.is_ascii_digit()).filter(|it| !it.is_empty());
    let numbers: Vec<u64> = runs.map(str::parse).collect::<Result<_, _>>().ok()?;
    (!numbers.is_empty()).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_sort_by_number_and_then_by_build() {
        let sorted = [
            "v1.9.3-eksbuild.11",
            "v1.10.0-eksbuild.2",
            "v1.10.0-eksbuild.10",
            "v1.10.1-eksbuild.1",
            "v2025.10.1-eksbuild.1",
        ];
        assert!(sorted.is_sorted_by_key(|it| numbers(it)));
        assert_eq!(numbers("latest"), None);
        assert_eq!(numbers("v99999999999999999999"), None);
    }
}
