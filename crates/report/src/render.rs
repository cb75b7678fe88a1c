//! Output formats. Each reads the [`crate::model::Report`] and writes into a sink it is given.

pub mod checklist;
pub mod json;
pub mod table;

use std::io;

use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets};
use eksray_rule::{ClusterId, Parts, Scope, Subject};

/// What a format needs to know of the place it writes to; it asks no terminal.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns.
    pub width: u16,
    /// Whether to colour.
    pub colour: bool,
    /// How many groups of findings to show.
    pub top: usize,
    /// Show every finding with its facts instead of groups.
    pub all: bool,
}

/// An empty table as wide as the place it goes to.
fn table(style: Style, header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(style.width)
        .force_no_tty();
    if style.colour {
        table.enforce_styling();
    }
    let bold = |it: &&str| Cell::new(it).add_attribute(Attribute::Bold);
    table.set_header(header.iter().map(bold).collect::<Vec<_>>());
    table
}

fn print(table: &Table, out: &mut impl io::Write) -> io::Result<()> {
    table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))
}

/// A subject for people, with its cluster, or account and Region, where it does not name them itself.
fn place(subject: &Subject, scope: &Scope) -> String {
    let short = subject.short();
    let place = match (scope.clusters.as_slice(), &scope.region) {
        ([], Some(region)) => region.clone(),
        ([], None) => String::new(),
        (clusters, _) => clusters.iter().map(ClusterId::name).collect::<Vec<_>>().join(", "),
    };
    if place.is_empty() || short.ends_with(&place) {
        return short;
    }
    format!("{short} · {place}")
}

/// A line of prose, broken between words where it is longer than the place is wide.
fn prose(text: &str, style: Style, out: &mut impl io::Write) -> io::Result<()> {
    let mut column = 0;
    for word in text.split(' ') {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > usize::from(style.width) {
            write!(out, "\n ")?;
            column = 1;
        }
        if column > 0 {
            write!(out, " ")?;
            column += 1;
        }
        write!(out, "{word}")?;
        column += width;
    }
    writeln!(out)
}

/// What it means to stand at a sink: reaching a cluster is administering it.
fn sink(subject: &Subject) -> String {
    match subject.parts() {
        Parts::Cluster { .. } => format!("administrator of {}", subject.short()),
        _ => subject.short(),
    }
}

/// `1 rule`, `2 rules`.
fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Thousandths as tenths, rounded half up: `59.5`.
fn tenths(milli: u64) -> String {
    let tenths = (milli + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
