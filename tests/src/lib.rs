//! What several tests share: every rule with the crate it lives in, and the checkout's folder.

use std::path::{Path, PathBuf};

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
