//! What a scan has to say, before anybody chose a format: every renderer reads this and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use eksray_rule::{
    ClusterId, Gap, Judgement, Meta, Outcome, Reason, Scope, Settings, Severity, Subject,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::{
    Snapshot,
    checklist::{self, Part},
    graph::{Finding as Key, Graph, Path},
    rank::{self, Ranking, Rated, Score, Tier},
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
    pub scope: Scope,
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
    pub scope: Scope,
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

/// Puts a report together.
pub fn build(
    snapshot: &Snapshot,
    settings: &Settings,
    outcomes: &[Outcome],
    graph: &Graph,
    remarks: Vec<String>,
) -> Report {
    let rated: Vec<Rated> = outcomes.iter().filter_map(rate).collect();
    let ranking = rank::rank(graph, &rated);
    let mut findings: Vec<Finding> =
        outcomes.iter().filter_map(|it| finding(it, &ranking)).collect();
    let plan = plan(&ranking, &findings);
    for (at, row) in plan.iter().enumerate() {
        for it in &mut findings {
            if it.status == Status::Open && it.fix_key == row.fix_key {
                it.closed_by.get_or_insert(at + 1);
            }
        }
    }
    findings.sort_by_cached_key(order);
    let mut risks: Vec<_> = ranking.risks.into_iter().collect();
    risks.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    Report {
        tool_version: snapshot.tool_version.clone(),
        taken_at: snapshot.taken_at,
        scope: looked(snapshot),
        settings: settings.clone(),
        coverage: coverage(outcomes),
        unknowns: unknowns(outcomes),
        checklist: checklist::answer(outcomes),
        findings,
        plan,
        total_risk: ranking.total,
        risks,
        remarks,
    }
}

/// Chains describe paths; their links are what is fixed.
fn is_chain(rule: &str) -> bool {
    const CHAINS: [&str; 7] = [
        "path-internet-to-",
        "path-workload-to-",
        "path-escape-",
        "path-rbac-",
        "path-iam-",
        "path-exposed-",
        "path-pod-to-node-role",
    ];
    CHAINS.iter().any(|it| rule.starts_with(it))
}

fn rate(outcome: &Outcome) -> Option<Rated> {
    let Ok(Judgement::Fail { .. }) = outcome.verdict else { return None };
    Some(Rated {
        finding: Key { rule: outcome.rule.id, subject: outcome.subject.clone() },
        severity: outcome.rule.severity,
        fix_key: fix_key(outcome),
        chain: is_chain(outcome.rule.id),
    })
}

/// The object and field that an owner edits: by default the subject, and what the rule is about.
fn fix_key(outcome: &Outcome) -> String {
    format!("{}|{}", outcome.subject, outcome.rule.id)
}

fn finding(outcome: &Outcome, ranking: &Ranking) -> Option<Finding> {
    let (mut facts, mut possible, mut reason, mut gaps) =
        (Vec::new(), false, String::new(), Vec::new());
    let status = match &outcome.verdict {
        Err(gap) => {
            reason = gap.to_string();
            Status::Unknown
        }
        Ok(Judgement::Fail { facts: it, possible: maybe, not_considered }) => {
            facts.clone_from(it);
            possible = *maybe;
            gaps.clone_from(not_considered);
            Status::Open
        }
        Ok(Judgement::Accepted { facts: it, reason: why }) => {
            facts.clone_from(it);
            reason.clone_from(why);
            Status::Accepted
        }
        Ok(Judgement::Pass { .. } | Judgement::NotApplicable { .. }) => return None,
    };
    let key = Key { rule: outcome.rule.id, subject: outcome.subject.clone() };
    let scope = &outcome.scope;
    let place = match scope.clusters.as_slice() {
        [cluster] => cluster.0.clone(),
        _ => format!(
            "{}/{}",
            scope.account.as_deref().unwrap_or_default(),
            scope.region.as_deref().unwrap_or_default()
        ),
    };
    Some(Finding {
        id: id(&[outcome.rule.id, outcome.subject.as_str()]),
        group_id: id(&[outcome.rule.id, &place]),
        fix_key: fix_key(outcome),
        rule: outcome.rule,
        subject: outcome.subject.clone(),
        scope: scope.clone(),
        status,
        possible,
        facts,
        reason,
        not_considered: gaps,
        score: ranking.scores.get(&key).cloned(),
        closed_by: None,
    })
}

/// 20 hexadecimal digits of SHA-256 over the parts: nothing from time, order, message, severity or count.
fn id(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().take(10).map(|it| format!("{it:02x}")).collect()
}

/// Open findings first, by tier, gain, score and id; then unknown and accepted ones.
fn order(it: &Finding) -> impl Ord + use<> {
    let (gain, milli) = it.score.as_ref().map_or((0, 0), |it| (it.gain, it.milli));
    let most = std::cmp::Reverse;
    (it.status, it.tier(), most(gain), most(milli), it.rule.id, it.subject.clone())
}

fn plan(ranking: &Ranking, findings: &[Finding]) -> Vec<PlanRow> {
    let by_key: BTreeMap<(&str, &Subject), &Finding> =
        findings.iter().map(|it| ((it.rule.id, &it.subject), it)).collect();
    let row = |fix: &rank::Fix| {
        let closed: Vec<&Finding> = fix
            .findings
            .iter()
            .filter_map(|it| by_key.get(&(it.rule, &it.subject)).copied())
            .filter(|it| !is_chain(it.rule.id))
            .collect();
        let lead =
            closed.iter().max_by_key(|it| (it.rule.severity, std::cmp::Reverse(it.rule.id)))?;
        let removed = (ranking.total - fix.residual) * 1000 / ranking.total.max(1);
        Some(PlanRow {
            closes: closed.iter().map(|it| it.id.clone()).collect(),
            rule: lead.rule,
            subject: lead.subject.clone(),
            scope: lead.scope.clone(),
            fix_key: fix.fix_key.clone(),
            removed,
            cuts: fix.cuts.clone(),
            sink: fix.sink.clone(),
            with_next: fix.with_next,
        })
    };
    ranking.plan.iter().filter_map(row).collect()
}

fn looked(snapshot: &Snapshot) -> Looked {
    let mut looked = Looked {
        without_aws: snapshot.scope.without_aws,
        without_kubernetes: snapshot.scope.without_kubernetes,
        ..Looked::default()
    };
    for account in &snapshot.accounts {
        looked.accounts.push(account.id.clone());
        for (name, region) in &account.regions {
            match region.clusters.known() {
                Ok(clusters) if clusters.is_empty() => looked.empty_regions += 1,
                Ok(_) => looked.regions.push(name.clone()),
                Err(gap) => looked.unread_regions.push((name.clone(), gap)),
            }
        }
    }
    looked.accounts.sort();
    looked.regions.sort();
    looked.regions.dedup();
    looked.clusters = snapshot
        .kubes
        .iter()
        .map(|(cluster, kube)| (cluster.clone(), kube.known().map(|_| ())))
        .collect();
    looked
}

fn coverage(outcomes: &[Outcome]) -> Coverage {
    let rules: BTreeSet<&str> = outcomes.iter().map(|it| it.rule.id).collect();
    let mut coverage =
        Coverage { rules: rules.len(), checks: outcomes.len(), ..Coverage::default() };
    for outcome in outcomes {
        *match &outcome.verdict {
            Err(_) => &mut coverage.unknown,
            Ok(Judgement::Fail { .. }) => &mut coverage.fail,
            Ok(Judgement::Pass { .. }) => &mut coverage.pass,
            Ok(Judgement::Accepted { .. }) => &mut coverage.accepted,
            Ok(Judgement::NotApplicable { .. }) => &mut coverage.not_applicable,
        } += 1;
    }
    coverage
}

fn unknowns(outcomes: &[Outcome]) -> Vec<UnknownGroup> {
    let mut groups: BTreeMap<(Reason, String), UnknownGroup> = BTreeMap::new();
    for outcome in outcomes {
        let Err(gap) = &outcome.verdict else { continue };
        let group = groups.entry((gap.reason, gap.call.clone())).or_insert_with(|| UnknownGroup {
            call: gap.call.clone(),
            reason: gap.reason,
            detail: gap.detail.clone(),
            rules: BTreeSet::new(),
            checks: 0,
            places: BTreeSet::new(),
        });
        group.rules.insert(outcome.rule.id);
        group.checks += 1;
        let scope = &outcome.scope;
        let place = match (scope.clusters.as_slice(), &scope.region, &scope.account) {
            ([cluster], ..) => cluster.name().to_owned(),
            (_, Some(region), _) => region.clone(),
            (_, None, Some(account)) => account.clone(),
            (_, None, None) => "everywhere".to_owned(),
        };
        group.places.insert(place);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort_by(|a, b| b.checks.cmp(&a.checks).then_with(|| a.call.cmp(&b.call)));
    groups
}

/// Whether a finding counts for thresholds: open, and at least as severe as its rule says.
pub fn reaches(finding: &Finding, severity: Severity) -> bool {
    finding.status == Status::Open && finding.rule.severity >= severity
}
