//! The Pod Security Standards: which controls of a level a pod breaks, as the API server of a version judges them.
//!
//! `docs/pod-security.md` has the controls with their versions. An end-to-end test asks a real API server about thousands of
//! generated pods and compares its answers with these.

mod controls;
#[cfg(test)]
mod tests;

use std::fmt;

pub(crate) use controls::{
    BASELINE_CAPABILITIES, app_armor_annotations, foreign, se_linux, sysctl_since,
};

use crate::inventory::{meta::Labels, pod::PodSpec};

/// A level of the Pod Security Standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Everything is admitted.
    Privileged,
    /// Known ways to the node are stopped.
    Baseline,
    /// Pods are hardened.
    Restricted,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        })
    }
}

/// Newer than any minor version: every control as it was last changed.
pub const NEWEST: u32 = u32::MAX;

/// What a namespace enforces by its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Enforced {
    /// `pod-security.kubernetes.io/enforce`; absent means privileged, and the API server takes a value that is
    /// no level for restricted.
    pub level: Level,
    /// Minor version of `pod-security.kubernetes.io/enforce-version`; absent for `latest` and for what is no version.
    pub version: Option<u32>,
}

impl Enforced {
    /// Reads a namespace's labels.
    pub fn of(labels: &Labels) -> Self {
        let label = |name: &str| labels.get(&format!("pod-security.kubernetes.io/{name}"));
        let level = match label("enforce").map(String::as_str) {
            None | Some("privileged") => Level::Privileged,
            Some("baseline") => Level::Baseline,
            Some(_) => Level::Restricted,
        };
        Self { level, version: label("enforce-version").and_then(|it| minor(it)) }
    }

    /// The version whose controls an API server of a minor version applies: it knows none newer than itself.
    pub fn policy_version(&self, server: u32) -> u32 {
        self.version.unwrap_or(NEWEST).min(server)
    }
}

/// The minor version of `v1.28`, without leading zeros.
fn minor(label: &str) -> Option<u32> {
    let digits = label.strip_prefix("v1.")?;
    let canonical = digits == "0" || !digits.starts_with('0');
    let plain = canonical && digits.bytes().all(|it| it.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// A control that a pod breaks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The control, as the API server's own code calls it, such as `hostNamespaces`.
    pub control: &'static str,
    /// What breaks it.
    pub fact: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.control, self.fact)
    }
}

/// What of a pod breaks the controls that a level has at a minor version of the policy.
pub fn violations(
    spec: &PodSpec,
    annotations: &Labels,
    level: Level,
    version: u32,
) -> Vec<Violation> {
    let pod = controls::Pod { spec, annotations, version };
    let in_force = controls::CONTROLS
        .iter()
        .filter(|it| it.levels.contains(&level) && it.versions.contains(&version));
    in_force
        .flat_map(|it| {
            let facts = (it.objections)(&pod).into_iter();
            facts.map(|fact| Violation { control: it.name, fact })
        })
        .collect()
}
