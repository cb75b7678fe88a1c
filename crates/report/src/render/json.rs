//! JSON with its own versioned structs: additive within a major, described by `docs/report.schema.json`.

use std::io;

use eksray_rule::{Gap, Severity};
use serde::Serialize;

use crate::{
    checklist::Answer,
    graph::Path,
    model::{self, Report, Status},
    rank::Tier,
};

/// Version of this shape.
pub const VERSION: &str = "1.0";

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    tool_version: &'a str,
    taken_at: String,
    scope: Scope<'a>,
    total_risk: f64,
    risks: Vec<Risk>,
    findings: Vec<Finding<'a>>,
    plan: Vec<Fix<'a>>,
    coverage: Coverage,
    unknowns: Vec<Unknown<'a>>,
    checklist: Vec<Part<'a>>,
    remarks: &'a [String],
    settings: &'a eksray_rule::Settings,
}

#[derive(Serialize)]
struct Scope<'a> {
    accounts: &'a [String],
    regions: &'a [String],
    empty_regions: usize,
    clusters: Vec<Cluster<'a>>,
    without_aws: bool,
    without_kubernetes: bool,
}

#[derive(Serialize)]
struct Cluster<'a> {
    id: &'a str,
    name: &'a str,
    api_server_read: bool,
    gap: Option<&'a Gap>,
}

#[derive(Serialize)]
struct Risk {
    sink: String,
    name: String,
    risk: f64,
}

#[derive(Serialize)]
struct Finding<'a> {
    id: &'a str,
    group_id: &'a str,
    fix_key: &'a str,
    rule: &'static str,
    title: &'static str,
    severity: Severity,
    tier: Option<Tier>,
    score: Option<f64>,
    gain: Option<f64>,
    status: Status,
    possible: bool,
    subject: &'a str,
    subject_name: String,
    account: Option<&'a str>,
    region: Option<&'a str>,
    cluster: Option<&'a str>,
    clusters: Vec<&'a str>,
    facts: &'a [String],
    reason: Option<&'a str>,
    not_considered: &'a [Gap],
    closed_by: Option<usize>,
    path: Option<Vec<Hop>>,
}

#[derive(Serialize)]
struct Hop {
    from: String,
    to: String,
    why: String,
    cost: u32,
}

#[derive(Serialize)]
struct Fix<'a> {
    rank: usize,
    rule: &'static str,
    fix: String,
    fix_key: &'a str,
    subject: &'a str,
    closes: &'a [String],
    risk_removed_percent: f64,
    only_with_next: bool,
    sink: &'a str,
    cuts: Vec<Hop>,
}

#[derive(Serialize)]
struct Coverage {
    rules: usize,
    checks: usize,
    pass: usize,
    fail: usize,
    unknown: usize,
    accepted: usize,
    not_applicable: usize,
}

#[derive(Serialize)]
struct Unknown<'a> {
    call: &'a str,
    reason: eksray_rule::Reason,
    detail: &'a str,
    checks: usize,
    rules: Vec<&'static str>,
    places: Vec<&'a str>,
}

#[derive(Serialize)]
struct Part<'a> {
    number: &'a str,
    title: &'a str,
    answer: Answer,
    rules: Vec<PartRule>,
    rules_in_catalogue: usize,
}

#[derive(Serialize)]
struct PartRule {
    rule: &'static str,
    answer: Answer,
}

/// Writes the whole report, every finding included, and a final newline.
///
/// # Errors
/// The sink's.
pub fn render(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &document(report))?;
    writeln!(out)
}

fn document(report: &Report) -> Document<'_> {
    Document {
        version: VERSION,
        tool_version: &report.tool_version,
        taken_at: report.taken_at.to_string(),
        scope: scope(&report.scope),
        total_risk: points(report.total_risk),
        risks: report
            .risks
            .iter()
            .map(|(sink, risk)| Risk {
                sink: sink.to_string(),
                name: super::sink(sink),
                risk: points(*risk),
            })
            .collect(),
        findings: report.findings.iter().map(finding).collect(),
        plan: report.plan.iter().enumerate().map(|(at, row)| fix(at + 1, row)).collect(),
        coverage: coverage(report.coverage),
        unknowns: report.unknowns.iter().map(unknown).collect(),
        checklist: report.checklist.iter().map(part).collect(),
        remarks: &report.remarks,
        settings: &report.settings,
    }
}

/// Thousandths as a number with one decimal, rounded half up.
fn points(milli: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "risks are far below 2^52")]
    let tenths = ((milli + 50) / 100) as f64;
    tenths / 10.0
}

fn scope(scope: &model::Looked) -> Scope<'_> {
    Scope {
        accounts: &scope.accounts,
        regions: &scope.regions,
        empty_regions: scope.empty_regions,
        clusters: scope
            .clusters
            .iter()
            .map(|(id, answer)| Cluster {
                id: &id.0,
                name: id.name(),
                api_server_read: answer.is_ok(),
                gap: answer.as_ref().err(),
            })
            .collect(),
        without_aws: scope.without_aws,
        without_kubernetes: scope.without_kubernetes,
    }
}

fn finding(it: &model::Finding) -> Finding<'_> {
    let score = it.score.as_ref();
    let clusters: Vec<&str> = it.scope.clusters.iter().map(|it| it.0.as_str()).collect();
    Finding {
        id: &it.id,
        group_id: &it.group_id,
        fix_key: &it.fix_key,
        rule: it.rule.id,
        title: it.rule.title(),
        severity: it.rule.severity,
        tier: score.map(|it| it.tier),
        score: score.map(|it| points(it.milli)),
        gain: score.map(|it| points(it.gain)),
        status: it.status,
        possible: it.possible,
        subject: it.subject.as_str(),
        subject_name: it.subject.short(),
        account: it.scope.account.as_deref(),
        region: it.scope.region.as_deref(),
        cluster: match clusters.as_slice() {
            [cluster] => Some(cluster),
            _ => None,
        },
        clusters,
        facts: &it.facts,
        reason: Some(it.reason.as_str()).filter(|it| !it.is_empty()),
        not_considered: &it.not_considered,
        closed_by: it.closed_by,
        path: score.and_then(|it| it.path.as_ref()).map(hops),
    }
}

fn hops(path: &Path) -> Vec<Hop> {
    let hop = |it: &crate::graph::Step| Hop {
        from: it.from.to_string(),
        to: it.to.to_string(),
        why: it.why.clone(),
        cost: it.cost,
    };
    path.steps.iter().map(hop).collect()
}

fn fix(rank: usize, row: &model::PlanRow) -> Fix<'_> {
    Fix {
        rank,
        rule: row.rule.id,
        fix: row.rule.fix(),
        fix_key: &row.fix_key,
        subject: row.subject.as_str(),
        closes: &row.closes,
        risk_removed_percent: points(row.removed * 100),
        only_with_next: row.with_next,
        sink: row.sink.as_str(),
        cuts: hops(&row.cuts),
    }
}

fn coverage(it: model::Coverage) -> Coverage {
    Coverage {
        rules: it.rules,
        checks: it.checks,
        pass: it.pass,
        fail: it.fail,
        unknown: it.unknown,
        accepted: it.accepted,
        not_applicable: it.not_applicable,
    }
}

fn unknown(it: &model::UnknownGroup) -> Unknown<'_> {
    Unknown {
        call: &it.call,
        reason: it.reason,
        detail: &it.detail,
        checks: it.checks,
        rules: it.rules.iter().copied().collect(),
        places: it.places.iter().map(String::as_str).collect(),
    }
}

fn part(it: &crate::checklist::Part) -> Part<'_> {
    Part {
        number: &it.number,
        title: &it.title,
        answer: it.answer,
        rules: it
            .rules
            .iter()
            .map(|(meta, answer)| PartRule { rule: meta.id, answer: *answer })
            .collect(),
        rules_in_catalogue: it.in_catalogue,
    }
}
