//! The commands beside `scan`.

use std::collections::BTreeSet;

use tests::{aws_actions, binary::eksray, rules};

#[test]
fn every_rule_is_listed_and_explained() {
    let listed = eksray(["rules", "--format", "json"]);
    assert_eq!(listed.code, 0);
    let listed = listed.json();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), rules().len());
    for it in listed {
        let keys: BTreeSet<&str> = it.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = ["cis", "crate", "id", "practices", "severity", "subject", "title"];
        assert_eq!(keys, BTreeSet::from(expected), "{it}");
        assert!(it["practices"].is_array() && it["cis"].is_array(), "{it}");
    }
    let ids: Vec<&str> = listed.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
    let table = eksray(["rules"]);
    for (_, _, meta) in rules() {
        assert!(ids.contains(&meta.id));
        assert!(table.stdout.contains(meta.id));
    }
    let page = eksray(["explain", "container-privileged"]);
    assert_eq!(page.code, 0);
    assert!(page.stdout.starts_with("# ") && page.stdout.contains("\n## Fix\n"));
}

#[test]
fn permissions_are_those_of_the_calls_and_fit_a_policy() {
    let policy = eksray(["permissions", "aws"]);
    let compact = policy.json().to_string();
    assert!(compact.len() < 6144, "a managed policy has at most 6,144 characters");
    let statements = policy.json()["Statement"].as_array().unwrap().clone();
    let printed: BTreeSet<String> = statements
        .iter()
        .flat_map(|it| it["Action"].as_array().unwrap().clone())
        .map(|it| it.as_str().unwrap().to_owned())
        .collect();
    let mut called = aws_actions();
    called.remove("sts:GetCallerIdentity");
    assert_eq!(printed, called);
    for arguments in [["aws", "terraform"], ["kube", "commands"], ["kube", "terraform"]] {
        let ran = eksray(["permissions", arguments[0], "--format", arguments[1]]);
        assert_eq!(ran.code, 0);
        assert!(!ran.stdout.is_empty());
        assert!(!ran.stdout.contains("\"secrets\""), "no permission for Secrets: {}", ran.stdout);
    }
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = eksray(["completions", shell]);
        assert_eq!(ran.code, 0);
        for command in ["scan", "explain", "rules", "permissions"] {
            assert!(ran.stdout.contains(command), "{shell} does not complete {command}");
        }
    }
}

#[test]
fn help_and_version_are_no_errors() {
    assert_eq!(eksray(["--help"]).code, 0);
    assert_eq!(eksray(["scan", "--help"]).code, 0);
    let version = eksray(["--version"]);
    assert_eq!(version.stdout.trim(), format!("eksray {}", env!("CARGO_PKG_VERSION")));
}
