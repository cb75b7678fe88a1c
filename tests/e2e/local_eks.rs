//! A running local EKS, its controls, and scans of it.

use std::{
    cell::OnceCell,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use eksray_report::{Configuration, Snapshot};
use eksray_rule::Outcome;
use serde_json::{Value, json};
use tests::{
    binary::{self, Ran},
    regress::regressions,
    root,
};

use crate::{Files, Seed};

/// Judged as of this time, a little after the epoch of the seeds.
pub(crate) const AT: &str = "2026-10-01T12:00:00Z";

/// A local EKS of one seed; stopped when dropped.
pub(crate) struct LocalEks {
    pub(crate) seed: &'static str,
    /// Where the seed's files are.
    folder: PathBuf,
    state: PathBuf,
    /// What `status --json` says.
    status: Value,
    baseline: OnceCell<Scan>,
}

/// A scan with everything it left.
pub(crate) struct Scan {
    pub(crate) ran: Ran,
    pub(crate) report: Value,
    /// The snapshot as it was written.
    pub(crate) saved: Vec<u8>,
    outcomes: OnceCell<Vec<Outcome>>,
}

impl Scan {
    /// Judged in this process: all outcomes, passes included.
    fn outcomes(&self) -> &[Outcome] {
        self.outcomes.get_or_init(|| {
            let snapshot: Snapshot = serde_json::from_slice(&self.saved).unwrap();
            eksray_report::inspect(&snapshot, &Configuration::default())
        })
    }

    /// Unknowns as `call: reason`.
    pub(crate) fn unknowns(&self) -> Vec<String> {
        let all = self.report["unknowns"].as_array().unwrap().iter();
        let text = |it: &Value| it.as_str().unwrap_or_default().to_owned();
        all.map(|it| format!("{}: {}", text(&it["call"]), text(&it["reason"]))).collect()
    }
}

impl LocalEks {
    /// Starts it, after stopping what a killed test run may have left.
    pub(crate) fn start(seed: &Seed) -> Self {
        let state = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("local-eks-{}", seed.name));
        let folder = match seed.files {
            Files::Kept(name) => root().join("localstack/seeds").join(name),
            Files::Made(arguments) => generated(&state.with_extension("seed"), arguments),
        };
        let script = |arguments: &[&str]| {
            let output = local_eks().args(arguments).arg("--state").arg(&state).output();
            output.expect("scripts/local-eks runs")
        };
        script(&["down"]);
        let mut up = vec!["up", "--seed", folder.to_str().unwrap()];
        up.extend((!seed.kubernetes).then_some("--no-kubernetes"));
        assert!(script(&up).status.success(), "the local EKS does not start");
        let status = serde_json::from_slice(&script(&["status", "--json"]).stdout).unwrap();
        Self { seed: seed.name, folder, state, status, baseline: OnceCell::new() }
    }

    /// A file of the seed.
    pub(crate) fn beside_the_seed(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap()
    }

    /// POSTs to a control.
    pub(crate) fn control(&self, path: &str, body: &Value) {
        let answer = self.http("POST", path, &body.to_string());
        assert!(answer.get("error").is_none(), "{path} {body}: {answer}");
    }

    /// GETs what the controls know.
    pub(crate) fn get(&self, path: &str) -> Value {
        self.http("GET", path, "")
    }

    pub(crate) fn reset(&self) {
        self.control("reset", &json!({}));
    }

    /// HTTP 1.0: the answer ends with the connection.
    fn http(&self, method: &str, path: &str, body: &str) -> Value {
        let host = self.status["endpoint"].as_str().unwrap().trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!("{method} /_local_eks/{path} HTTP/1.0\r\nHost: {host}\r\n");
        write!(stream, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        serde_json::from_str(body).unwrap_or_else(|it| panic!("{path}: {it}: {body}"))
    }

    /// A run of the binary as the seed's scanner.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = binary::command();
        for (name, value) in self.status["exports"].as_object().unwrap() {
            command.env(name, value.as_str().unwrap());
        }
        command.arg("scan").args(arguments);
        command
    }

    /// Scans everything; the report and the snapshot are kept.
    pub(crate) fn scan(&self, arguments: &[&str]) -> Scan {
        let folder = tempfile::tempdir().unwrap();
        let saved = folder.path().join("saved.json");
        let always = ["--format", "json", "--at", AT, "--save", saved.to_str().unwrap()];
        let ran: Ran = self.command(&[&always, arguments].concat()).output().unwrap().into();
        assert!([0, 3].contains(&ran.code), "{ran:#?}");
        let saved = fs::read(&saved).unwrap();
        Scan { report: ran.json(), saved, ran, outcomes: OnceCell::new() }
    }

    /// The scan without any fault.
    pub(crate) fn baseline(&self) -> &Scan {
        self.baseline.get_or_init(|| {
            self.reset();
            self.scan(&[])
        })
    }

    /// Scans under a fault: nothing may look better than it is.
    pub(crate) fn under(&self, path: &str, body: &Value, arguments: &[&str]) -> Scan {
        self.under_all(&[(path, body)], arguments)
    }

    /// Scans under several faults at once.
    pub(crate) fn under_all(&self, faults: &[(&str, &Value)], arguments: &[&str]) -> Scan {
        let before = self.baseline();
        for (path, body) in faults {
            self.control(path, body);
        }
        let after = self.scan(arguments);
        self.reset();
        let worse = regressions(before.outcomes(), after.outcomes());
        let lines: Vec<String> = worse.iter().take(40).map(ToString::to_string).collect();
        assert!(worse.is_empty(), "{} under {faults:?}:\n{}", worse.len(), lines.join("\n"));
        after
    }

    /// The API server's own record of what was asked, without what the seed and the server did.
    pub(crate) fn audit(&self) -> Vec<Value> {
        let clusters = self.status["clusters"].as_array().unwrap();
        let logs = clusters.iter().map(|it| it["audit_log"].as_str().unwrap());
        let text: String = logs.map(|it| fs::read_to_string(it).unwrap()).collect();
        let lines = text.lines().map(|it| serde_json::from_str::<Value>(it).unwrap());
        let ours = ["local-eks:seeder", "system:apiserver"];
        lines
            .filter(|it| it["user"]["username"].as_str().is_none_or(|it| !ours.contains(&it)))
            .collect()
    }
}

fn local_eks() -> Command {
    let mut command = Command::new(root().join("scripts/local-eks"));
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// Has the seed made anew.
fn generated(folder: &Path, made: &[&str]) -> PathBuf {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    let status = local_eks().args(made).arg(folder).status().expect("scripts/local-eks runs");
    assert!(status.success(), "{made:?} is not made");
    folder.to_owned()
}

impl Drop for LocalEks {
    fn drop(&mut self) {
        drop(local_eks().args(["down", "--state"]).arg(&self.state).status());
    }
}
