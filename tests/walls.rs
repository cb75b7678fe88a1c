//! The walls between crates, and what the scanner must never do.

use std::{fs, path::Path, process::Command};

use tests::{aws_actions, root, source_files};

/// Names of every crate that a package is built with.
fn dependencies(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", package, "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}", "--locked"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

#[test]
fn rules_and_reports_do_no_io() {
    for package in ["eksray-rule", "eksray-aws", "eksray-kube", "eksray-report"] {
        for it in dependencies(package) {
            let name = it.split(' ').next().unwrap();
            let is_io = name.starts_with("aws-")
                || ["tokio", "hyper", "kube", "kube-client", "reqwest", "mio"].contains(&name);
            assert!(!is_io, "{package} must not be built with {name}");
        }
    }
}

#[test]
fn domains_do_not_know_each_other() {
    let knows = |package: &str, other: &str| {
        dependencies(package).iter().any(|it| it.split(' ').next() == Some(other))
    };
    assert!(!knows("eksray-aws", "eksray-kube"));
    assert!(!knows("eksray-kube", "eksray-aws"));
    assert!(!knows("eksray-collect", "eksray-report"));
    assert!(!knows("eksray-report", "eksray-collect"));
}

#[test]
fn there_is_one_tls_stack() {
    let all = dependencies("eksray");
    let versions = |name: &str| -> Vec<&str> {
        let mut found: Vec<&str> = all
            .iter()
            .filter_map(|it| it.strip_prefix(name)?.strip_prefix(" v"))
            .map(|it| it.split(' ').next().unwrap_or(it))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    for banned in ["ring", "openssl", "openssl-sys", "native-tls", "serde_yaml"] {
        assert!(versions(banned).is_empty(), "{banned} is built");
    }
    for single in ["rustls", "hyper", "h2", "tokio-rustls"] {
        let found = versions(single);
        assert_eq!(found.len(), 1, "{single}: {found:?}");
    }
}

#[test]
fn only_reads_are_called() {
    let actions = aws_actions();
    assert!(actions.len() > 20, "the calls are not found any more: {actions:?}");
    for action in &actions {
        let (_, verb) = action.split_once(':').unwrap();
        let reads = ["List", "Get", "BatchGet", "Describe"].iter().any(|it| verb.starts_with(it));
        assert!(reads || action == "sts:AssumeRole", "{action} is no read");
    }
    for secret in ["secretsmanager:GetSecretValue", "ssm:GetParameter", "s3:GetObject"] {
        assert!(!actions.contains(secret), "{secret} reads contents");
    }
    // Parameters of AWS are public; the collector asks for no others.
    let text = fs::read_to_string(root().join("crates/collect/src/aws/ssm.rs")).unwrap();
    assert!(text.contains(r#"starts_with("/aws/service/")"#));
    assert!(!text.contains("WithDecryption"));
}

#[test]
fn secrets_are_never_listed() {
    for resource in eksray_kube::resource::ALL {
        assert_ne!(resource.plural, "secrets");
    }
    for file in source_files(&root().join("crates/collect/src")) {
        let text = fs::read_to_string(&file).unwrap();
        // `/secretstores` is another kind.
        let mut rests = text.split("/secrets").skip(1);
        let asks = rests.any(|it| !it.starts_with(|it: char| it.is_ascii_alphanumeric()));
        assert!(!asks, "{} asks for Secrets", file.display());
        for verb in ["Method::POST", "Method::PUT", "Method::PATCH", "Method::DELETE"] {
            let signed = file.ends_with(Path::new("signed.rs"));
            assert!(signed || !text.contains(verb), "{} writes", file.display());
        }
    }
}

#[test]
fn files_stay_short() {
    let folders = ["crates", "tests", "localstack/local_eks"];
    for file in folders.iter().flat_map(|it| source_files(&root().join(it))) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}
