//! What several tests share: every rule with the crate it lives in, the checkout's files, the calls that are made.

pub mod binary;
pub mod example;
pub mod regress;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use eksray_rule::Meta;

/// The checkout.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout exists")
}

/// Every rule, as `(crate, subject, meta)`.
pub fn rules() -> Vec<(&'static str, &'static str, Meta)> {
    let aws = eksray_aws::rules().iter().map(|it| ("aws", it.rule.check.subject(), it.meta()));
    let kube = eksray_kube::rules().iter().map(|it| ("kube", it.rule.check.subject(), it.meta()));
    let report =
        eksray_report::rules().iter().map(|it| ("report", it.rule.check.subject(), it.meta()));
    aws.chain(kube).chain(report).collect()
}

/// Every Rust and Python file under a folder, sorted.
pub fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).unwrap_or_else(|it| panic!("{}: {it}", folder.display()));
        for entry in entries {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs" || it == "py") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every `service:Action` that stands as a literal in `collect`: the permission is named at the call.
pub fn aws_actions() -> BTreeSet<String> {
    let files = source_files(&root().join("crates/collect/src"));
    let texts = files.iter().map(|it| fs::read_to_string(it).expect("a source file"));
    texts.flat_map(|text| actions_in(&text)).collect()
}

/// String literals of the form `service:Action`.
fn actions_in(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_action = |it: &&str| {
        it.split_once(':').is_some_and(|(service, action)| {
            !service.is_empty()
                && service.chars().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
                && action.starts_with(|it: char| it.is_ascii_uppercase())
                && action.chars().all(|it| it.is_ascii_alphanumeric())
        })
    };
    code.split('"').skip(1).step_by(2).filter(is_action).map(str::to_owned).collect()
}
