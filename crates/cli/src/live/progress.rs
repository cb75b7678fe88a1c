//! Progress on a terminal; silence anywhere else.

use std::io::{self, IsTerminal as _};

use eksray_collect::{Event, Progress};
use indicatif::ProgressBar;

/// A line that says what is being read, unless nobody looks or nobody wants it.
pub(super) fn shown(quiet: bool) -> Progress {
    if quiet || !io::stderr().is_terminal() {
        return Progress::default();
    }
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar.set_message("reading the account");
    Progress::new(move |event| match event {
        Event::Regions(names) => bar.set_message(format!("reading {} Regions", names.len())),
        Event::Clusters { region, names } => {
            bar.set_message(format!("{region}: {}", names.join(", ")));
        }
        Event::RegionDone(region) => bar.set_message(format!("{region}: done")),
        Event::Kind { cluster, kind } => bar.set_message(format!("{}: {kind}", cluster.name())),
        Event::ClusterDone(cluster) => bar.set_message(format!("{}: done", cluster.name())),
    })
}
