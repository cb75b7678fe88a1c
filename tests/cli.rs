//! The binary without a network: exit codes, mistakes, formats, snapshots.

#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/mistakes.rs"]
mod mistakes;
#[path = "cli/report.rs"]
mod report;

use std::{
    fs,
    path::{Path, PathBuf},
};

use eksray_report::Snapshot;
use tempfile::TempDir;
use tests::{example, root};

/// A cluster open to the internet with a privileged pod, from the pages of those two rules.
fn estate() -> Snapshot {
    let block = |page: &str| {
        let text = fs::read_to_string(root().join("crates").join(page)).unwrap();
        example::blocks(&text).remove(0)
    };
    let (aws, _) = block("aws/src/rules/eks/endpoint_public.md");
    let (_, kube) = block("kube/src/rules/container/privileged.md");
    example::snapshot(&aws, &kube).unwrap()
}

/// The same, but the API server did not answer.
fn half_an_estate() -> Snapshot {
    let mut snapshot = estate();
    let gap = eksray_rule::Gap {
        call: "connect".to_owned(),
        reason: eksray_rule::Reason::Unreachable,
        detail: String::new(),
    };
    let cluster = example::first_cluster(&snapshot);
    snapshot.kubes.insert(cluster, eksray_rule::Fetched::unread(gap));
    snapshot
}

/// A temporary folder, gone when dropped.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn snapshot(&self, snapshot: &Snapshot) -> PathBuf {
        self.file("snapshot.json", serde_json::to_vec(snapshot).unwrap())
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
