//! Mistakes give one clear line and the exit code that the documentation promises.

use std::fs;

use eksray_report::Snapshot;
use tests::binary::{Ran, eksray, scan};

use crate::{Folder, estate, half_an_estate, text};

/// One line that names what is wrong, no report.
fn refused(ran: &Ran, code: i32, expected: &str) {
    assert_eq!(ran.code, code, "{ran:#?}");
    assert!(ran.stdout.is_empty(), "{ran:#?}");
    assert!(ran.stderr.contains(expected), "{expected:?} is not in {ran:#?}");
    assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
}

fn one_line(ran: &Ran, code: i32, expected: &str) {
    refused(ran, code, expected);
    assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
}

#[test]
fn a_snapshot_that_is_none_is_usage() {
    let folder = Folder::new();
    let whole = serde_json::to_vec(&estate()).unwrap();
    let mut newer = estate();
    newer.schema += 1;
    let mut strange = serde_json::to_value(estate()).unwrap();
    strange["accounts"][0]["regions"] = serde_json::json!("none");
    for (name, bytes, expected) in [
        ("empty", Vec::new(), "not a snapshot of eksray"),
        ("text", b"hello".to_vec(), "not a snapshot of eksray"),
        ("other", b"{\"items\": []}".to_vec(), "not a snapshot of eksray"),
        ("list", b"[]".to_vec(), "not a snapshot of eksray"),
        ("binary", vec![0xff, 0xfe, 0x00], "not a snapshot of eksray"),
        ("truncated", whole[..whole.len() / 2].to_vec(), "not a snapshot of eksray"),
        ("newer", serde_json::to_vec(&newer).unwrap(), "schema 2 is not the schema 1"),
        ("strange", serde_json::to_vec(&strange).unwrap(), "malformed"),
    ] {
        let path = folder.file(name, bytes);
        let ran = scan(&path, &[]);
        one_line(&ran, 2, expected);
        assert!(ran.stderr.contains(name), "the file is not named: {ran:#?}");
    }
    one_line(&scan(&folder.path("missing"), &[]), 2, "No such file");
}

#[test]
fn deep_nesting_is_refused_and_not_a_crash() {
    let folder = Folder::new();
    let deep = format!("{{\"schema\":1,\"accounts\":{}{}}}", "[".repeat(9999), "]".repeat(9999));
    one_line(&scan(&folder.file("deep", deep), &[]), 2, "malformed");
}

#[test]
fn an_unknown_rule_in_a_filter_is_usage() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    for filter in ["--rule", "--skip-rule"] {
        one_line(
            &scan(&path, &[filter, "container-privilegd"]),
            2,
            "did you mean `container-privileged`?",
        );
    }
    one_line(&eksray(["explain", "nope"]), 2, "there is no rule `nope`");
}

#[test]
fn mistakes_in_settings_name_file_and_line() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    for (toml, expected) in [
        ("[settings]\nlog_retentoin = 1\n", "log_retentoin"),
        ("[settings]\nlog_retention = \"long\"\n", "line 2"),
        ("[setings]\n", "setings"),
        ("[settings\n", "line 1"),
        ("[[override]]\nsettings.admin_limit = 1\n", "names an account, a cluster or a namespace"),
    ] {
        let config = folder.file("my.toml", toml);
        let ran = scan(&path, &["--config", text(&config)]);
        refused(&ran, 2, expected);
        assert!(ran.stderr.contains("my.toml"), "{ran:#?}");
    }
    one_line(&scan(&path, &["--config", text(&folder.path("missing.toml"))]), 2, "missing.toml");
}

#[test]
fn wrong_arguments_are_usage() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    for arguments in [
        &["--format", "yaml"][..],
        &["--min-severity", "severe"],
        &["--fail-on", "worst"],
        &["--min-coverage", "101"],
        &["--at", "yesterday"],
        &["--demo"],
        &["--kube-context", "shop"],
        &["--external-id", "x"],
        &["--profile", "x"],
    ] {
        let ran = scan(&path, arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:#?}");
    }
    assert_eq!(eksray(["scam"]).code, 2);
    assert_eq!(eksray([]).code, 2);
}

#[test]
fn an_unwritable_output_is_no_start() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    for option in ["--output", "--save"] {
        let nowhere = folder.path("no/such/folder/report");
        one_line(&scan(&path, &[option, text(&nowhere)]), 4, "cannot write");
        one_line(&scan(&path, &[option, text(folder.0.path())]), 4, "cannot write");
    }
    let full = tests::binary::command()
        .args(["scan", "--from", text(&path)])
        .stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
        .output();
    if let Ok(full) = full {
        assert_eq!(full.status.code(), Some(4), "a full disk is told");
    }
}

#[test]
fn the_worst_exit_code_wins() {
    let folder = Folder::new();
    let whole = folder.snapshot(&estate());
    let half = folder.file("half.json", serde_json::to_vec(&half_an_estate()).unwrap());
    let nothing = folder.file("none.json", serde_json::to_vec(&Snapshot::example()).unwrap());
    let nowhere = folder.path("no/such/folder/report");
    let nowhere = text(&nowhere);
    for (path, arguments, code) in [
        (&nothing, &[][..], 0),
        (&nothing, &["--fail-on", "info", "--min-coverage", "100"], 0),
        (&whole, &[], 0),
        (&whole, &["--fail-on", "high"], 1),
        (&whole, &["--rule", "eks-endpoint-public", "--fail-on", "critical"], 0),
        (&whole, &["--rule", "container-privileged", "--min-coverage", "100"], 0),
        (&whole, &["--min-coverage", "100"], 3),
        (&whole, &["--min-coverage", "100", "--fail-on", "high"], 3),
        (&half, &[], 3),
        (&half, &["--fail-on", "info"], 3),
        (&half, &["--output", nowhere], 4),
        (&half, &["--output", nowhere, "--rule", "nope"], 2),
    ] {
        let ran = scan(path, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:#?}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    let mut child = tests::binary::command()
        .args(["scan", "--format", "json", "--from", text(&path)])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}
