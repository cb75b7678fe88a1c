//! The table: what to fix first, then the rest, then what was not seen.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ColumnConstraint, Row, Width};
use eksray_rule::{Reason, Severity};

use super::{Style, count, place, print, prose, sink, table, tenths};
use crate::{
    graph::Path,
    model::{Finding, PlanRow, Report, Status},
    rank::Tier,
};

/// Writes the whole report.
///
/// # Errors
/// The sink's.
pub fn render(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    head(report, style, out)?;
    plan(report, style, out)?;
    rest(report, style, out)?;
    coverage(report, style, out)
}

fn head(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    let scope = &report.scope;
    let mut places = Vec::new();
    if scope.without_aws {
        places.push("AWS out of scope".to_owned());
    }
    match scope.accounts.as_slice() {
        [] => {}
        [account] => places.push(format!("account {account}")),
        accounts => places.push(count(accounts.len(), "account")),
    }
    if !scope.regions.is_empty() {
        places.push(scope.regions.join(", "));
    }
    places.push(count(scope.clusters.len(), "cluster"));
    let taken = report.taken_at.strftime("%Y-%m-%d %H:%M UTC");
    let line = format!("eksray {} · {} · {taken}", report.tool_version, places.join(" · "));
    prose(&line, style, out)?;

    let open: Vec<&Finding> = open(report).collect();
    let mut by_tier: BTreeMap<Tier, usize> = BTreeMap::new();
    for it in &open {
        *by_tier.entry(it.tier()).or_default() += 1;
    }
    let tiers: Vec<String> = by_tier.iter().map(|(it, n)| format!("{n} {}", name(*it))).collect();
    let tiers = if tiers.is_empty() { String::new() } else { format!(": {}", tiers.join(", ")) };
    let unknown = match report.coverage.unknown {
        0 => "nothing unknown".to_owned(),
        unknown => format!("{} unknown", count(unknown, "check")),
    };
    prose(&format!("{}{tiers}; {unknown}", count(open.len(), "finding")), style, out)?;
    for (region, gap) in &scope.unread_regions {
        prose(&format!("Region {region}: clusters not listed ({gap})"), style, out)?;
    }
    for (cluster, answer) in &scope.clusters {
        if let Err(gap) = answer {
            let name = cluster.name();
            let line =
                format!("cluster {name}: API server not read, judged by its AWS side ({gap})");
            prose(&line, style, out)?;
        }
    }
    if report.total_risk > 0 {
        let risks: Vec<String> = report
            .risks
            .iter()
            .take(4)
            .map(|(it, risk)| format!("{} {}", sink(it), tenths(*risk)))
            .collect();
        let line = format!("risk {}: {}", tenths(report.total_risk), risks.join(", "));
        prose(&line, style, out)?;
    }
    writeln!(out)
}

fn open(report: &Report) -> impl Iterator<Item = &Finding> {
    report.findings.iter().filter(|it| it.status == Status::Open)
}

fn plan(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    if report.plan.is_empty() {
        let line = match report.total_risk {
            0 => "No path from a source to anything worth reaching was found.",
            _ => "What risk is left is there by design or accepted: no fix removes it.",
        };
        return writeln!(out, "{line}\n");
    }
    let mut table = table(style, &["#", "fix first", "risk removed"]);
    let fixed = |it| ColumnConstraint::Absolute(Width::Fixed(it));
    table.set_constraints([fixed(4), fixed(style.width.saturating_sub(18)), fixed(10)]);
    let rows = if style.all { report.plan.len() } else { style.top.min(report.plan.len()) };
    for (at, row) in report.plan.iter().take(rows).enumerate() {
        let removed = if row.with_next {
            "with the next".to_owned()
        } else {
            format!("{}.{} %", row.removed / 10, row.removed % 10)
        };
        table.add_row(Row::from(vec![
            Cell::new(at + 1),
            Cell::new(fix(report, row)),
            Cell::new(removed).set_alignment(CellAlignment::Right),
        ]));
    }
    print(&table, out)?;
    if rows < report.plan.len() {
        let left = count(report.plan.len() - rows, "more fix").replace("fixs", "fixes");
        writeln!(out, "{left}: --all")?;
    }
    writeln!(out)
}

/// What to do, where, and the path that it cuts, hop by hop.
fn fix(report: &Report, row: &PlanRow) -> String {
    let mut text = format!("{}\n{}", row.rule.fix(), place(&row.subject, &row.scope));
    let finding = report.findings.iter().find(|it| row.closes.contains(&it.id));
    if let Some(fact) = finding.and_then(|it| it.facts.first()) {
        text.push_str(&format!(" ({fact})"));
    }
    if row.closes.len() > 1 {
        text.push_str(&format!("\ncloses {}", count(row.closes.len(), "finding")));
    }
    text.push_str(&format!("\ncuts: {}", path(&row.cuts)));
    text
}

/// `internet → deployment shop/web [listener 80] → …`
pub(crate) fn path(path: &Path) -> String {
    let mut text = String::new();
    for (at, step) in path.steps.iter().enumerate() {
        if at == 0 {
            text.push_str(&step.from.short());
        }
        let why = if step.why.is_empty() { String::new() } else { format!(" [{}]", step.why) };
        text.push_str(&format!(" → {}{why}", sink(&step.to)));
    }
    text
}

fn rest(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    if open(report).next().is_none() {
        return Ok(());
    }
    if style.all {
        return every(report, style, out);
    }
    let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in open(report) {
        match groups.iter_mut().find(|(rule, _)| *rule == finding.rule.id) {
            Some((_, group)) => group.push(finding),
            None => groups.push((finding.rule.id, vec![finding])),
        }
    }
    let mut table = table(style, &["tier", "finding", "count", "where"]);
    for (rule, group) in groups.iter().take(style.top) {
        let lead = group[0];
        let title = format!("{}\n{rule} ({})", lead.rule.title(), lead.rule.severity);
        table.add_row(Row::from(vec![
            tier(lead.tier(), style),
            Cell::new(title),
            Cell::new(group.len()).set_alignment(CellAlignment::Right),
            Cell::new(first_three(group)),
        ]));
    }
    print(&table, out)?;
    if let Some(more) = groups.len().checked_sub(style.top).filter(|it| *it > 0) {
        writeln!(
            out,
            "{} not shown: --top {}, or --all for each finding",
            count(more, "rule"),
            groups.len()
        )?;
    }
    writeln!(out)
}

fn first_three(group: &[&Finding]) -> String {
    let mut lines: Vec<String> = group
        .iter()
        .take(3)
        .map(|it| {
            let possible = if it.possible { " (possible)" } else { "" };
            let closed = it.closed_by.map(|it| format!(", closed by #{it}")).unwrap_or_default();
            format!("{}{possible}{closed}", place(&it.subject, &it.scope))
        })
        .collect();
    if group.len() > 3 {
        lines.push(format!("and {} more", group.len() - 3));
    }
    lines.join("\n")
}

fn every(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut table = table(style, &["tier", "finding", "facts"]);
    for it in open(report) {
        let possible = if it.possible { "\npossible" } else { "" };
        let closed = it.closed_by.map(|it| format!("\nclosed by #{it}")).unwrap_or_default();
        let title = format!(
            "{}\n{} ({}){possible}{closed}",
            place(&it.subject, &it.scope),
            it.rule.id,
            it.rule.severity
        );
        let mut facts = it.facts.clone();
        facts.extend(it.not_considered.iter().map(|gap| format!("not considered: {gap}")));
        table.add_row(Row::from(vec![
            tier(it.tier(), style),
            Cell::new(title),
            Cell::new(facts.join("\n")),
        ]));
    }
    print(&table, out)?;
    writeln!(out)
}

fn coverage(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    let it = &report.coverage;
    let line = format!(
        "{} by {}: {} fine, {}, {} unknown, {} accepted, {} not applicable",
        count(it.checks, "check"),
        count(it.rules, "rule"),
        it.pass,
        count(it.fail, "finding"),
        it.unknown,
        it.accepted,
        it.not_applicable
    );
    prose(&line, style, out)?;
    for remark in &report.remarks {
        prose(remark, style, out)?;
    }
    if !report.unknowns.is_empty() {
        writeln!(out)?;
        let mut table = table(style, &["not seen", "why", "checks", "where"]);
        for group in &report.unknowns {
            let why = match (group.reason, group.detail.as_str()) {
                (reason, "") => reason.to_string(),
                (reason, detail) => format!("{reason}\n{detail}"),
            };
            let places: Vec<&str> = group.places.iter().map(String::as_str).collect();
            table.add_row(Row::from(vec![
                Cell::new(&group.call),
                Cell::new(why),
                Cell::new(group.checks).set_alignment(CellAlignment::Right),
                Cell::new(places.join(", ")),
            ]));
        }
        print(&table, out)?;
    }
    next(report, out)
}

/// The command that helps most now.
fn next(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    let denied: BTreeSet<&str> = report
        .unknowns
        .iter()
        .filter(|it| it.reason == Reason::Denied)
        .map(|it| if it.call.contains(':') { "aws" } else { "kube" })
        .collect();
    if let Some(side) = denied.first() {
        return writeln!(
            out,
            "next: eksray permissions {side}    # what the scan needs to see the rest"
        );
    }
    let rule = report.plan.first().map(|it| it.rule.id);
    match rule.or_else(|| open(report).next().map(|it| it.rule.id)) {
        Some(rule) => writeln!(out, "next: eksray explain {rule}"),
        None => writeln!(out, "next: eksray scan --checklist"),
    }
}

fn tier(tier: Tier, style: Style) -> Cell {
    let cell = Cell::new(name(tier));
    if !style.colour {
        return cell;
    }
    match tier {
        Tier::Critical => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        Tier::High => cell.fg(Color::Red),
        Tier::Medium => cell.fg(Color::Yellow),
        Tier::Low => cell.fg(Color::Cyan),
        Tier::Info => cell,
    }
}

fn name(tier: Tier) -> String {
    let severity = match tier {
        Tier::Critical => Severity::Critical,
        Tier::High => Severity::High,
        Tier::Medium => Severity::Medium,
        Tier::Low => Severity::Low,
        Tier::Info => Severity::Info,
    };
    severity.to_string()
}
