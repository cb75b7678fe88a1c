//! The `eksray` binary: arguments, standard output and the exit code.
//!
//! Exit codes: 0 scan completed, 1 `--fail-on` met, 2 usage (arguments, configuration, filter, snapshot),
//! 3 incomplete, 4 could not start. When several hold, 2 beats 4 beats 3 beats 1.

mod args;
mod catalogue;
mod config;
#[cfg(feature = "live")]
mod live;
mod permissions;
mod scan;
mod snapshot;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command};

/// Why the binary stops without a report, with the exit code that says so.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Arguments, configuration, filter, snapshot or schema: 2.
    Usage(String),
    /// Credentials, profile, output: 4.
    Start(String),
}

/// What a finished scan says to its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// 0.
    Completed,
    /// 1.
    ThresholdMet,
    /// 3.
    Incomplete,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(Finish::Completed) => ExitCode::SUCCESS,
        Ok(Finish::ThresholdMet) => ExitCode::from(1),
        Ok(Finish::Incomplete) => ExitCode::from(3),
        Err(stop) => {
            let (message, code) = match stop {
                Stop::Usage(message) => (message, 2),
                Stop::Start(message) => (message, 4),
            };
            // Nothing is left to tell if standard error itself is gone.
            drop(writeln!(io::stderr(), "eksray: {message}"));
            ExitCode::from(code)
        }
    }
}

fn run(command: Command) -> Result<Finish, Stop> {
    match command {
        Command::Scan(scan) => return scan::run(&scan),
        Command::Explain { rule } => print(&catalogue::page(&rule)?)?,
        Command::Rules { format } => print(&catalogue::list(format))?,
        Command::Permissions { side, format, include } => {
            print(&permissions::text(side, format, &include))?;
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "eksray", &mut script);
            print(&String::from_utf8_lossy(&script))?;
        }
    }
    Ok(Finish::Completed)
}

/// Writes to standard output; a reader that went away (`| head`) is no error.
fn print(text: &str) -> Result<(), Stop> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Stop::Start(format!("cannot write to standard output: {error}")))
        }
        _ => Ok(()),
    }
}
