//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use eksray_rule::Severity;
use jiff::Timestamp;

/// An X-ray of EKS: what to fix first in an AWS account and its clusters, and how much risk each fix removes.
///
/// Read-only: it lists, gets and describes, and never asks for a Secret.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "made once")]
pub(crate) enum Command {
    /// Read accounts and clusters, or a snapshot, and print what to fix first.
    Scan(Scan),
    /// Print the page of a rule: what it means, examples, how to fix it.
    Explain {
        /// Rule id, such as `container-privileged`.
        rule: String,
    },
    /// List the rules.
    Rules {
        /// How to print them.
        #[arg(long, value_enum, default_value_t = ListFormat::Table)]
        format: ListFormat,
    },
    /// Print the permissions that a scan needs.
    Permissions {
        /// AWS (an IAM policy) or Kubernetes (an access entry with its ClusterRole).
        #[arg(value_enum)]
        side: Side,
        /// How to print them.
        #[arg(long, value_enum, default_value_t = PermissionsFormat::Commands)]
        format: PermissionsFormat,
        /// With what a scan reads only when asked to.
        #[arg(long, value_enum)]
        include: Vec<Include>,
    },
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) source: Source,
    #[command(flatten)]
    pub(crate) selection: Selection,
    /// Format of the report.
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Report")]
    pub(crate) format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Report")]
    pub(crate) output: Option<PathBuf>,
    /// Keep what was read, for `--from` (mode 0600; it holds no secret value).
    #[arg(long, value_name = "FILE", help_heading = "Report")]
    pub(crate) save: Option<PathBuf>,
    /// Show this many fixes and groups of findings.
    #[arg(long, value_name = "N", default_value_t = 10, help_heading = "Report")]
    pub(crate) top: usize,
    /// Show every fix and every finding with its facts.
    #[arg(long, help_heading = "Report")]
    pub(crate) all: bool,
    /// Answer the ten practices and the built-in features instead.
    #[arg(long, help_heading = "Report")]
    pub(crate) checklist: bool,
    /// When to colour.
    #[arg(long, value_enum, default_value_t = Color::Auto, help_heading = "Report")]
    pub(crate) color: Color,
    /// Exit with 1 if a finding of this severity or above is open.
    #[arg(long, value_name = "SEVERITY", value_parser = severity, help_heading = "Exit code")]
    pub(crate) fail_on: Option<Severity>,
    /// Exit with 3 if fewer than this share of checks, in percent, could be decided.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100), help_heading = "Exit code")]
    pub(crate) min_coverage: Option<u8>,
    /// Settings file; without it `./eksray.toml` is read where it exists.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Judge as of this time (RFC 3339) instead of the time of reading.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
    /// No progress on standard error.
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// More on standard error; twice for every call.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// Where the estate comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Source")]
pub(crate) struct Source {
    /// Judge the embedded snapshot of a deliberately careless account.
    #[arg(long, conflicts_with_all = ["from", "profile", "regions", "kubeconfig"])]
    pub(crate) demo: bool,
    /// Judge a snapshot that `--save` wrote.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "regions", "kubeconfig"])]
    pub(crate) from: Option<PathBuf>,
    /// AWS profile; without it the usual sources of credentials are tried.
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// Region, repeatable; without it every enabled one.
    #[arg(long = "region", value_name = "REGION")]
    pub(crate) regions: Vec<String>,
    /// Cluster name, repeatable; without it all.
    #[arg(long = "cluster", value_name = "NAME")]
    pub(crate) clusters: Vec<String>,
    /// Role to assume before reading.
    #[arg(long, value_name = "ARN")]
    pub(crate) assume_role: Option<String>,
    /// External id that the role's trust policy asks for.
    #[arg(long, value_name = "ID", requires = "assume_role")]
    pub(crate) external_id: Option<String>,
    /// Read the cluster of a kubeconfig alone; AWS is then out of scope.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["profile", "regions", "assume_role"])]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// Context of that kubeconfig.
    #[arg(long, requires = "kubeconfig")]
    pub(crate) context: Option<String>,
    /// Reach a cluster over a kubeconfig context (a tunnel) instead of its endpoint, repeatable.
    #[arg(long = "kube-context", value_name = "CLUSTER=CONTEXT", value_parser = pair)]
    pub(crate) kube_contexts: Vec<(String, String)>,
    /// Read this, too: ConfigMaps are searched for credentials, and no value of them is kept.
    #[arg(long, value_enum, conflicts_with = "without_kubernetes")]
    pub(crate) include: Vec<Include>,
    /// Do not ask API servers.
    #[arg(long, conflicts_with = "kubeconfig")]
    pub(crate) without_kubernetes: bool,
    /// Give up reading after this many seconds and report what is known.
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    pub(crate) timeout: u64,
}

/// Which rules and findings are wanted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct Selection {
    /// Run only this rule, repeatable.
    #[arg(long = "rule", value_name = "ID")]
    pub(crate) rules: Vec<String>,
    /// Leave this rule out, repeatable.
    #[arg(long = "skip-rule", value_name = "ID")]
    pub(crate) skip_rules: Vec<String>,
    /// Leave findings below this severity out of the report.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub(crate) min_severity: Option<Severity>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For pipelines; `docs/output.md` describes it.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people.
    Table,
    /// For pipelines.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Side {
    /// An IAM policy.
    Aws,
    /// An access entry, a `ClusterRole` and its binding.
    Kube,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PermissionsFormat {
    /// Documents and the commands that apply them.
    Commands,
    /// Terraform.
    Terraform,
}

/// What is read only when asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Include {
    /// ConfigMaps of all namespaces.
    #[value(name = "configmaps")]
    ConfigMaps,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn severity(text: &str) -> Result<Severity, String> {
    let all = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
    all.into_iter()
        .find(|it| it.to_string() == text)
        .ok_or_else(|| "one of info, low, medium, high, critical".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((cluster, context)) if !cluster.is_empty() && !context.is_empty() => {
            Ok((cluster.to_owned(), context.to_owned()))
        }
        _ => Err("expected `<cluster>=<context>`".to_owned()),
    }
}
