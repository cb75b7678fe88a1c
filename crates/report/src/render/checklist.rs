//! The checklist as a table: every part with its answer and the rules behind it.

use std::io;

use comfy_table::{Cell, Row};

use super::{Style, print, table};
use crate::{checklist::Answer, model::Report};

/// Writes the checklist.
///
/// # Errors
/// The sink's.
pub fn render(report: &Report, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut table = table(style, &["", "practice or feature", "answer", "rules behind it"]);
    for part in &report.checklist {
        let rules: Vec<String> =
            part.rules.iter().map(|(meta, it)| format!("{} {}", mark(*it), meta.id)).collect();
        let title = format!(
            "{}\n{} of {} rules exist yet",
            part.title,
            part.rules.len(),
            part.in_catalogue
        );
        table.add_row(Row::from(vec![
            Cell::new(&part.number),
            Cell::new(title),
            Cell::new(words(part.answer)),
            Cell::new(rules.join("\n")),
        ]));
    }
    print(&table, out)
}

fn words(answer: Answer) -> &'static str {
    match answer {
        Answer::Fail => "fail",
        Answer::Unknown => "unknown",
        Answer::PartlyPass => "pass so far",
        Answer::Pass => "pass",
        Answer::NotApplicable => "not applicable",
    }
}

fn mark(answer: Answer) -> &'static str {
    match answer {
        Answer::Fail => "✗",
        Answer::Unknown => "?",
        Answer::PartlyPass | Answer::Pass => "✓",
        Answer::NotApplicable => "–",
    }
}
