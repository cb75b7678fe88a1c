//! Prints what is read of an AWS account, as JSON: `cargo run -p eksray-collect --example dump_aws -- [region …]`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::{process::ExitCode, time::Instant};

use eksray_collect::{Event, Options, Progress, Run, account};
use tokio::sync::mpsc;

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options { regions: std::env::args().skip(1).collect(), ..Options::default() };
    let progress = Progress::new(|it: Event| eprintln!("{it:?}"));
    let run = Run { progress, ..Run::default() };
    let (access, mut clusters) = mpsc::unbounded_channel();
    let started = Instant::now();
    let (account, ()) = tokio::join!(account(&options, &run, access), async {
        while let Some(it) = clusters.recv().await {
            eprintln!("{} at {:?}", it.id, it.endpoint);
        }
    });
    eprintln!("{:?} after {:?}", run.calls.counts(), started.elapsed());
    match account {
        Ok(account) => println!("{}", serde_json::to_string_pretty(&account).unwrap_or_default()),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(4);
        }
    }
    ExitCode::SUCCESS
}
