//! What a scan has to say, before anybody chose a format: every renderer reads this and nothing else.

mod build;

pub use build::build;

use std::{collections::BTreeSet, sync::Arc};

use eksray_rule::{ClusterId, Gap, Meta, Reason, Scope, Settings, Severity, Subject};
use jiff::Timestamp;

use crate::{
    checklist::Part,
    graph::Path,
    rank::{Score, Tier},
};

/// Everything that one scan has to say.
#[derive(Clone, Debug)]
pub struct Report {
    /// Version of the tool.
    pub tool_version: String,
    /// When the estate was read.
    pub taken_at: Timestamp,
    /// What was looked at.
    pub scope: Looked,
    /// Settings in force.
    pub settings: Settings,
    /// Findings, unknowns and accepted cases, most urgent first.
    pub findings: Vec<Finding>,
    /// What to fix, in order.
    pub plan: Vec<PlanRow>,
    /// Sum of all sink risks, in thousandths.
    pub total_risk: u64,
    /// Risk by what can be reached, in thousandths, greatest first.
    pub risks: Vec<(Subject, u64)>,
    /// How many checks ended how.
    pub coverage: Coverage,
    /// What could not be read, by the permission that would lift it.
    pub unknowns: Vec<UnknownGroup>,
    /// What paths do not consider, and other remarks that hold for the whole scan.
    pub remarks: Vec<String>,
    /// The ten practices and the built-in features.
    pub checklist: Vec<Part>,
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Account ids.
    pub accounts: Vec<String>,
    /// Regions that have clusters.
    pub regions: Vec<String>,
    /// Regions that were asked and have no cluster.
    pub empty_regions: usize,
    /// Regions whose clusters could not be listed.
    pub unread_regions: Vec<(String, Gap)>,
    /// Clusters, each with whether its API server answered.
    pub clusters: Vec<(ClusterId, Result<(), Gap>)>,
    /// AWS was not asked.
    pub without_aws: bool,
    /// API servers were not asked.
    pub without_kubernetes: bool,
}

impl Looked {
    /// A Region or a cluster in scope gave nothing.
    pub fn is_incomplete(&self) -> bool {
        let unread = self.clusters.iter().any(|(_, answer)| answer.is_err());
        !self.unread_regions.is_empty() || unread && !self.without_kubernetes
    }
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The pattern is there.
    Open,
    /// Nobody could look.
    Unknown,
    /// It is there and meant so.
    Accepted,
}

/// A row of the report.
#[derive(Clone, Debug)]
pub struct Finding {
    /// `hash(rule, subject)`: the contract with ticketing.
    pub id: String,
    /// `hash(rule, cluster)`, or `hash(rule, account, Region)` where there is no single cluster.
    pub group_id: String,
    /// The object and field that an owner edits.
    pub fix_key: String,
    /// The rule.
    pub rule: Meta,
    /// What it is about.
    pub subject: Subject,
    /// Where it is.
    pub scope: Arc<Scope>,
    /// Where it stands.
    pub status: Status,
    /// The proof rests on something that cannot be decided offline.
    pub possible: bool,
    /// Observations with their evidence.
    pub facts: Vec<String>,
    /// Why it is accepted, or unknown.
    pub reason: String,
    /// Excuses that could not be looked at.
    pub not_considered: Vec<Gap>,
    /// What the ranking says; absent for unknowns.
    pub score: Option<Score>,
    /// The row of the plan that closes it, from 1.
    pub closed_by: Option<usize>,
}

impl Finding {
    /// Tier of open findings.
    pub fn tier(&self) -> Tier {
        self.score.as_ref().map_or(Tier::Info, |it| it.tier)
    }
}

/// A row of the plan.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// Findings that the fix closes, by id.
    pub closes: Vec<String>,
    /// The rule that names the fix.
    pub rule: Meta,
    /// What to edit.
    pub subject: Subject,
    /// Where it is.
    pub scope: Arc<Scope>,
    /// Key shared by the findings that it closes.
    pub fix_key: String,
    /// Share of all risk removed by this row and those before it, in thousandths.
    pub removed: u64,
    /// The path that it cuts.
    pub cuts: Path,
    /// What stands at its end.
    pub sink: Subject,
    /// It removes risk only together with the next row.
    pub with_next: bool,
}

/// How many checks ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Rules that ran.
    pub rules: usize,
    /// (rule, subject) pairs.
    pub checks: usize,
    /// Fine.
    pub pass: usize,
    /// Findings.
    pub fail: usize,
    /// Nobody could look.
    pub unknown: usize,
    /// Meant so.
    pub accepted: usize,
    /// The question does not arise.
    pub not_applicable: usize,
}

/// Unknowns that one permission, or one connection, would lift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownGroup {
    /// The call.
    pub call: String,
    /// Why it gave nothing.
    pub reason: Reason,
    /// What was answered, one example.
    pub detail: String,
    /// Rules that wait for it.
    pub rules: BTreeSet<&'static str>,
    /// Checks that wait for it.
    pub checks: usize,
    /// Clusters or accounts concerned.
    pub places: BTreeSet<String>,
}

/// Whether a finding counts for thresholds: open, and at least as severe as its rule says.
pub fn reaches(finding: &Finding, severity: Severity) -> bool {
    finding.status == Status::Open && finding.rule.severity >= severity
}
