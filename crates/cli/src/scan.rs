//! `eksray scan`: read, judge, print, and say by the exit code how it went.

use std::io::{self, IsTerminal as _};

use eksray_report::{
    Configuration, Snapshot,
    model::{self, Report},
    render::{self, Style},
};

use crate::{
    Finish, Stop,
    args::{Color, Format, Scan},
    catalogue, config, snapshot,
};

/// Columns of a report that goes to no terminal.
const WIDTH: u16 = 120;

/// What was read, and whether the reading was cut short.
pub(crate) struct Read {
    pub(crate) snapshot: Snapshot,
    pub(crate) interrupted: bool,
    /// Lines for standard error: calls made, throttles, time.
    pub(crate) summary: Vec<String>,
}

pub(crate) fn run(scan: &Scan) -> Result<Finish, Stop> {
    for id in scan.selection.rules.iter().chain(&scan.selection.skip_rules) {
        catalogue::find(id)?;
    }
    let configuration = config::load(scan.config.as_deref())?;
    if let Some(output) = &scan.output {
        writable(output)?;
    }
    let mut read = read(scan)?;
    if let Some(at) = scan.at {
        read.snapshot.taken_at = at;
    }
    if let Some(path) = &scan.save {
        snapshot::save(&read.snapshot, path)?;
    }
    let report = judge(&read.snapshot, &configuration, scan);
    let mut bytes = Vec::new();
    render(&report, scan, &mut bytes)
        .map_err(|error| Stop::Start(format!("cannot render the report: {error}")))?;
    match &scan.output {
        Some(path) => snapshot::write(path, &bytes)?,
        None => crate::print(&String::from_utf8_lossy(&bytes))?,
    }
    if !scan.quiet {
        read.summary.iter().for_each(|it| note(it));
    }
    Ok(finish(&report, scan, read.interrupted))
}

/// A line on standard error; nothing is left to tell if that is gone.
pub(crate) fn note(line: &str) {
    use std::io::Write as _;
    drop(writeln!(io::stderr(), "{line}"));
}

/// Fails before minutes of reading, not after them.
fn writable(path: &std::path::Path) -> Result<(), Stop> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(std::path::Path::new("."));
    match tempfile::tempfile_in(folder) {
        Ok(_) if !path.is_dir() => Ok(()),
        Ok(_) => Err(Stop::Start(format!("cannot write {}: it is a folder", path.display()))),
        Err(error) => Err(Stop::Start(format!("cannot write {}: {error}", path.display()))),
    }
}

fn read(scan: &Scan) -> Result<Read, Stop> {
    let stored = |snapshot| Read { snapshot, interrupted: false, summary: Vec::new() };
    if scan.source.demo {
        return snapshot::demo().map(stored);
    }
    if let Some(path) = &scan.source.from {
        return snapshot::load(path).map(stored);
    }
    live(scan)
}

#[cfg(feature = "live")]
fn live(scan: &Scan) -> Result<Read, Stop> {
    crate::live::read(scan)
}

#[cfg(not(feature = "live"))]
fn live(_: &Scan) -> Result<Read, Stop> {
    let message = "this binary was built without feature `live`: use --demo or --from FILE";
    Err(Stop::Usage(message.to_owned()))
}

fn judge(snapshot: &Snapshot, configuration: &Configuration, scan: &Scan) -> Report {
    let selection = &scan.selection;
    let wanted = |id: &str| {
        (selection.rules.is_empty() || selection.rules.iter().any(|it| it == id))
            && selection.skip_rules.iter().all(|it| it != id)
    };
    let mut report = eksray_report::assess(snapshot, configuration, wanted);
    if let Some(severity) = selection.min_severity {
        report.findings.retain(|it| it.rule.severity >= severity);
    }
    report
}

fn render(report: &Report, scan: &Scan, out: &mut Vec<u8>) -> io::Result<()> {
    let style = Style {
        width: terminal_size::terminal_size_of(io::stdout()).map_or(WIDTH, |(width, _)| width.0),
        colour: match scan.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                scan.output.is_none()
                    && io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
            }
        },
        top: scan.top,
        all: scan.all,
    };
    match scan.format {
        Format::Json => render::json::render(report, out),
        Format::Table if scan.checklist => render::checklist::render(report, style, out),
        Format::Table => render::table::render(report, style, out),
    }
}

fn finish(report: &Report, scan: &Scan, interrupted: bool) -> Finish {
    let coverage = &report.coverage;
    let decided = coverage.checks - coverage.unknown;
    let too_little = scan
        .min_coverage
        .is_some_and(|it| coverage.checks > 0 && decided * 100 < usize::from(it) * coverage.checks);
    if interrupted || too_little || report.scope.is_incomplete() {
        return Finish::Incomplete;
    }
    match scan.fail_on {
        Some(severity) if report.findings.iter().any(|it| model::reaches(it, severity)) => {
            Finish::ThresholdMet
        }
        _ => Finish::Completed,
    }
}
