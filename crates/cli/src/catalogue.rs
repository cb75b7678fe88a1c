//! The rules as the binary knows them: `explain`, `rules` and the filters of `scan`.

use std::fmt::Write as _;

use eksray_rule::Meta;

use crate::{Stop, args::ListFormat};

/// A rule with its crate and its subject.
pub(crate) struct Listed {
    krate: &'static str,
    subject: &'static str,
    meta: Meta,
}

/// Every rule, by id.
pub(crate) fn all() -> Vec<Listed> {
    let aws = eksray_aws::rules().iter().map(|it| ("aws", it.rule.check.subject(), it.meta()));
    let kube = eksray_kube::rules().iter().map(|it| ("kube", it.rule.check.subject(), it.meta()));
    let report =
        eksray_report::rules().iter().map(|it| ("report", it.rule.check.subject(), it.meta()));
    let listed = |(krate, subject, meta)| Listed { krate, subject, meta };
    let mut all: Vec<Listed> = aws.chain(kube).chain(report).map(listed).collect();
    all.sort_by_key(|it| it.meta.id);
    all
}

/// The page of a rule, or what was meant.
pub(crate) fn page(id: &str) -> Result<String, Stop> {
    let rule = find(id)?;
    Ok(format!("{}\n", rule.meta.page.trim_end()))
}

/// Fails on an id that no rule has.
pub(crate) fn find(id: &str) -> Result<Listed, Stop> {
    let all = all();
    let near = nearest(id, &all);
    all.into_iter().find(|it| it.meta.id == id).ok_or_else(|| {
        let hint = near.map_or_else(String::new, |it| format!(" did you mean `{it}`?"));
        Stop::Usage(format!("there is no rule `{id}`;{hint} `eksray rules` lists them"))
    })
}

/// The id that takes the fewest edits, if they are few.
fn nearest(id: &str, all: &[Listed]) -> Option<&'static str> {
    let edits = |it: &&Listed| (edits(id, it.meta.id), it.meta.id);
    let best = all.iter().min_by_key(edits)?;
    (edits(&best).0 <= best.meta.id.len() / 3).then_some(best.meta.id)
}

/// Letters to insert, delete or replace (Levenshtein).
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (at, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, b) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

/// All rules, as lines or as JSON.
pub(crate) fn list(format: ListFormat) -> String {
    let all = all();
    match format {
        ListFormat::Table => {
            let width = all.iter().map(|it| it.meta.id.len()).max().unwrap_or_default();
            let mut text = String::new();
            for it in &all {
                let Meta { id, severity, .. } = it.meta;
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{id:<width$}  {severity:<8}  {}", it.meta.title());
            }
            text
        }
        ListFormat::Json => {
            let rows: Vec<serde_json::Value> = all.iter().map(json).collect();
            let mut text = serde_json::to_string_pretty(&rows).unwrap_or_default();
            text.push('\n');
            text
        }
    }
}

fn json(it: &Listed) -> serde_json::Value {
    let parts: Vec<String> = it.meta.covers.iter().map(ToString::to_string).collect();
    serde_json::json!({
        "id": it.meta.id,
        "crate": it.krate,
        "severity": it.meta.severity,
        "subject": it.subject,
        "title": it.meta.title(),
        "practices": parts,
        "cis": it.meta.cis,
    })
}
