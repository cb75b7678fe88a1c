//! The `eksray` binary under test: built once, run with a clean environment.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use crate::root;

/// What a run said, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; -1 where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("no JSON on standard output ({error}): {self:#?}"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The binary: the one that `EKSRAY` names, else one built beside the running test.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| match std::env::var_os("EKSRAY") {
    Some(path) => root().join(path),
    None => build(),
});

fn build() -> PathBuf {
    let test = std::env::current_exe().expect("a running test has a path");
    let profile = test.ancestors().nth(2).expect("<target>/<profile>/deps/<test>");
    let target = profile.parent().expect("<target>/<profile>");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // The same selection as `cargo test --workspace`: another one unifies features differently and builds much anew.
    cargo.current_dir(root()).args(["build", "--quiet", "--workspace", "--all-targets"]);
    cargo.arg("--target-dir").arg(target);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo runs").success(), "the binary does not build");
    profile.join("eksray")
}

/// A run that knows nothing of the caller's AWS, Kubernetes, proxy and colour settings, in an empty folder.
pub fn command() -> Command {
    static FOLDER: LazyLock<tempfile::TempDir> =
        LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));
    let mut command = Command::new(BINARY.as_path());
    command.env_clear().current_dir(FOLDER.path()).stdin(Stdio::null());
    command.env("HOME", FOLDER.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // No request may leave the machine to look for an instance's credentials.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    command
}

/// Runs the binary to its end.
pub fn eksray<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    command().args(arguments).output().expect("the binary runs").into()
}

/// Runs it over a snapshot.
pub fn scan(snapshot: &Path, arguments: &[&str]) -> Ran {
    let path = snapshot.to_str().expect("a path in UTF-8");
    eksray(["scan", "--from", path].into_iter().chain(arguments.iter().copied()))
}
