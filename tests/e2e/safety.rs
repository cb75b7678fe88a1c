//! A scan only reads, asks for no more than it says, and gives no secret away.

use std::{fs, process::Stdio, thread, time::Duration};

use serde_json::{Value, json};
use tests::{
    binary::{Ran, eksray},
    root,
};

use crate::{
    Test,
    local_eks::{AT, LocalEks},
};

/// What must hold on every scan.
pub(crate) const TESTS: &[Test] = &[
    ("only_reads_reach_aws", only_reads_reach_aws),
    ("only_reads_reach_api_servers_and_never_a_secret", only_reads_reach_api_servers),
    ("the_printed_permissions_are_enough", the_printed_permissions_are_enough),
    ("no_secret_value_is_given_away", no_secret_value_is_given_away),
    ("a_signal_ends_the_scan_with_what_is_known", a_signal_ends_the_scan_with_what_is_known),
    ("mistakes_of_the_environment", mistakes_of_the_environment),
];

fn only_reads_reach_aws(it: &LocalEks) {
    it.control("reset", &json!({ "calls": true }));
    it.scan(&[]);
    let calls = it.get("calls");
    let calls = calls.as_array().unwrap();
    assert!(calls.len() > 50, "{} calls", calls.len());
    for call in calls {
        let operation = call["operation"].as_str().unwrap();
        let reads = ["List", "Get", "BatchGet", "Describe"];
        assert!(reads.iter().any(|it| operation.starts_with(it)), "{call}");
        assert!(call["status"].as_u64().unwrap() < 400, "{call}");
    }
    let iam = calls.iter().filter(|it| it["service"] == "iam");
    let per_role = iam.filter(|it| it["operation"].as_str().unwrap().contains("Role")).count();
    assert_eq!(per_role, 0, "IAM is never asked role by role");
}

fn only_reads_reach_api_servers(it: &LocalEks) {
    it.baseline();
    let entries = it.audit();
    assert!(entries.len() > 60, "{} audit entries", entries.len());
    for entry in entries {
        let shown = || {
            format!("{} {} by {}", entry["verb"], entry["requestURI"], entry["user"]["username"])
        };
        assert!(["get", "list"].contains(&entry["verb"].as_str().unwrap()), "{}", shown());
        assert_ne!(entry["objectRef"]["resource"], "secrets", "{}", shown());
        if entry["objectRef"]["resource"] == "configmaps" {
            let name = entry["objectRef"]["name"].as_str().unwrap_or_default();
            assert!(["aws-auth", "amazon-vpc-cni"].contains(&name), "{}", shown());
        }
    }
}

fn the_printed_permissions_are_enough(it: &LocalEks) {
    let policy = eksray(["permissions", "aws"]).json();
    let actions: Vec<Value> = policy["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|it| it["Action"].as_array().unwrap().clone())
        .collect();
    let scan = it.under("allow_only", &json!({ "actions": actions }), &[]);
    assert_eq!(scan.unknowns(), it.baseline().unknowns());
    assert!(!scan.ran.stdout.contains("\"denied\""), "{:?}", scan.unknowns());
}

fn no_secret_value_is_given_away(it: &LocalEks) {
    let text = fs::read_to_string(root().join("localstack/seeds/canaries.txt")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("saved.json");
    let saved_path = saved.to_str().unwrap();
    let mut said = Vec::new();
    for arguments in [
        &["-vv", "--format", "json", "--save", saved_path][..],
        &["-vv", "--all"],
        &["-vv", "--checklist"],
    ] {
        let ran: Ran = it.command(&[&["--at", AT], arguments].concat()).output().unwrap().into();
        said.extend([ran.stdout, ran.stderr]);
    }
    said.push(fs::read_to_string(&saved).unwrap());
    let said = said.join("\n");
    for canary in text.lines().filter(|it| !it.is_empty()) {
        for form in forms(canary) {
            assert!(!said.contains(&form), "{canary} is given away as {form}");
        }
    }
    assert!(said.contains("checkout"), "the places of secrets are told");
}

/// A value as it is, in Base64 (at each of the three offsets, without what neighbours change) and hashed.
fn forms(canary: &str) -> Vec<String> {
    use base64::Engine as _;
    use sha2::Digest as _;
    let mut forms = vec![canary.to_owned()];
    for offset in 0..3 {
        let padded = [&vec![b'x'; offset], canary.as_bytes()].concat();
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
        forms.push(text[offset + usize::from(offset > 0)..text.len() - 2].to_owned());
    }
    let digest = sha2::Sha256::digest(canary);
    forms.push(digest.iter().take(8).map(|it| format!("{it:02x}")).collect());
    forms
}

fn a_signal_ends_the_scan_with_what_is_known(it: &LocalEks) {
    it.control("delay", &json!({ "ms": 700 }));
    let mut command = it.command(&["--format", "json", "--at", AT]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(2500));
    let killed = std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    assert!(killed.success(), "the scan was over before the signal");
    let ran: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ran.code, 3, "{ran:#?}");
    assert!(ran.json()["coverage"]["checks"].is_u64(), "{ran:#?}");
}

/// Each is told in one line, with what to do, before anything is read.
fn mistakes_of_the_environment(it: &LocalEks) {
    let one_line = |ran: Ran, expected: &str| {
        assert_eq!((ran.code, ran.stdout.as_str()), (4, ""), "{ran:#?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:#?}");
        assert!(ran.stderr.to_lowercase().contains(expected), "{expected} is not in {ran:#?}");
    };
    one_line(it.command(&["--profile", "nobody"]).output().unwrap().into(), "nobody");
    let mut nobody = it.command(&[]);
    nobody.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    one_line(nobody.output().unwrap().into(), "credentials");
    let mut stranger = it.command(&[]);
    stranger.env("AWS_ACCESS_KEY_ID", "AKIAAAAAAAAAAAAAAAAA");
    one_line(stranger.output().unwrap().into(), "does not accept the credentials");
    let mut nowhere = it.command(&["--timeout", "20"]);
    nowhere.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    one_line(nowhere.output().unwrap().into(), "cannot be reached");
}
