//! What a scan prints and writes.

use std::{fs, os::unix::fs::PermissionsExt as _};

use eksray_report::{
    Configuration, Snapshot, assess,
    render::{self, Style},
};
use serde_json::Value;
use tests::{
    binary::{eksray, scan},
    root,
};

use crate::{Folder, estate, half_an_estate, text};

fn demo() -> Snapshot {
    let bytes = fs::read(root().join("crates/cli/data/demo.json")).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn estates() -> [Snapshot; 4] {
    [estate(), half_an_estate(), demo(), Snapshot::example()]
}

#[test]
fn json_keeps_to_the_schema() {
    let schema = fs::read_to_string(root().join("docs/report.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    let folder = Folder::new();
    for snapshot in estates() {
        let report = scan(&folder.snapshot(&snapshot), &["--format", "json"]).json();
        let wrong: Vec<String> =
            schema.iter_errors(&report).map(|it| format!("{}: {it}", it.instance_path())).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
    assert!(!schema.is_valid(&serde_json::json!({ "version": "1.0" })));
}

#[test]
fn every_check_is_counted_once() {
    let folder = Folder::new();
    for snapshot in estates() {
        let report = scan(&folder.snapshot(&snapshot), &["--format", "json"]).json();
        let coverage = &report["coverage"];
        let number = |key: &str| coverage[key].as_u64().unwrap();
        let parts = ["pass", "fail", "unknown", "accepted", "not_applicable"];
        assert_eq!(parts.map(number).iter().sum::<u64>(), number("checks"));
        let findings = report["findings"].as_array().unwrap();
        let of = |status| findings.iter().filter(|it| it["status"] == status).count() as u64;
        assert_eq!(of("open"), number("fail"));
        assert_eq!(of("unknown"), number("unknown"));
        assert_eq!(of("accepted"), number("accepted"));
        let grouped: u64 = report["unknowns"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["checks"].as_u64().unwrap())
            .sum();
        assert_eq!(grouped, number("unknown"));
    }
}

#[test]
fn the_table_fits_its_terminal() {
    for snapshot in estates() {
        let report = assess(&snapshot, &Configuration::default(), |_| true);
        for width in [80, 120, 200] {
            for all in [false, true] {
                let style = Style { width, colour: false, top: 10, all };
                let mut out = Vec::new();
                render::table::render(&report, style, &mut out).unwrap();
                fits(&String::from_utf8(out).unwrap(), width);
                let mut out = Vec::new();
                render::checklist::render(&report, style, &mut out).unwrap();
                fits(&String::from_utf8(out).unwrap(), width);
            }
        }
    }
}

fn fits(text: &str, width: u16) {
    for line in text.lines() {
        let columns = line.chars().count();
        assert!(columns <= usize::from(width), "{columns} columns instead of {width}: {line}");
    }
}

#[test]
fn colour_is_never_forced_on_anybody() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    for arguments in
        [&[][..], &["--color", "never"], &["--all"], &["--checklist"], &["--format", "json"]]
    {
        let ran = scan(&path, arguments);
        assert!(!ran.stdout.contains('\u{1b}'), "{arguments:?}");
        assert!(!ran.stderr.contains('\u{1b}'), "{arguments:?}");
    }
    assert!(scan(&path, &["--color", "always"]).stdout.contains('\u{1b}'));
}

#[test]
fn a_saved_snapshot_gives_the_same_report() {
    let folder = Folder::new();
    for snapshot in estates() {
        let path = folder.snapshot(&snapshot);
        let saved = folder.path("saved.json");
        for format in ["json", "table"] {
            let first = scan(&path, &["--format", format, "--save", text(&saved)]);
            assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
            let again = scan(&saved, &["--format", format]);
            assert_eq!(first.stdout, again.stdout);
            assert_eq!(first.code, again.code);
        }
    }
}

#[test]
fn the_report_goes_to_a_file_as_it_would_to_the_terminal() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    let report = folder.file("report.json", "what was there before, and longer than nothing");
    let ran = scan(&path, &["--format", "json", "--output", text(&report)]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
    let printed = scan(&path, &["--format", "json"]).stdout;
    assert_eq!(fs::read_to_string(&report).unwrap(), printed);
}

#[test]
fn filters_narrow_what_is_reported() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    let rules = |arguments: &[&str]| {
        let report = scan(&path, &[&["--format", "json"], arguments].concat()).json();
        let findings = report["findings"].as_array().unwrap();
        let mut rules: Vec<String> =
            findings.iter().map(|it| it["rule"].as_str().unwrap().to_owned()).collect();
        rules.dedup();
        rules
    };
    assert_eq!(rules(&["--rule", "container-privileged"]), ["container-privileged"]);
    assert!(
        !rules(&["--skip-rule", "container-privileged"])
            .contains(&"container-privileged".to_owned())
    );
    let severe = scan(&path, &["--format", "json", "--min-severity", "high"]).json();
    for it in severe["findings"].as_array().unwrap() {
        assert!(["high", "critical"].contains(&it["severity"].as_str().unwrap()), "{it}");
    }
}

#[test]
fn settings_and_time_reach_the_report() {
    let folder = Folder::new();
    let path = folder.snapshot(&estate());
    let config = folder.file("eksray.toml", "[settings]\nlog_retention = 30\n");
    let at = "2030-01-02T03:04:05Z";
    let arguments = ["--format", "json", "--config", text(&config), "--at", at];
    let report = scan(&path, &arguments).json();
    assert_eq!(report["settings"]["log_retention"], 30);
    assert_eq!(report["taken_at"], at);
}

#[test]
fn the_demo_needs_nothing() {
    for arguments in [&["scan", "--demo"][..], &["scan", "--demo", "--format", "json"]] {
        let ran = eksray(arguments.iter().copied());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(!ran.stdout.is_empty());
    }
}
