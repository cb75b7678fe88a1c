//! Arguments and variables whose values survive decoding: harmless settings that rules read.

/// Arguments that rules read; all others are dropped while decoding.
pub const FLAGS: &[&str] = &[
    "--auth-mode",
    "--disable-auth",
    "--enable-insecure-login",
    "--enable-skip-login",
    "--insecure",
    "--insecure-bind-address",
    "--insecure-port",
    "--node-group-auto-discovery",
];

/// Variables and flags of the VPC CNI whose values rules read, and the values that are kept: no other
/// text outlives its page.
pub const SETTINGS: &[(&str, &[&str])] = &[
    ("--enable-network-policy", &["true", "false"]),
    ("ENABLE_POD_ENI", &["true", "false"]),
    ("NETWORK_POLICY_ENFORCING_MODE", &["standard", "strict"]),
    ("POD_SECURITY_GROUP_ENFORCING_MODE", &["standard", "strict"]),
];

/// A word of an argument list as it is kept: a flag alone, with its value, or the value after one.
pub(super) fn kept_flag(name: &str, value: &str, word: &str) -> Option<String> {
    let is_kept = |it: &str| FLAGS.contains(&it);
    match word {
        _ if is_kept(word) => Some(word.to_owned()),
        _ if is_kept(name) => Some(format!("{name}={value}")),
        _ => None,
    }
}

/// A flag without a value is on.
pub(super) fn flags(words: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    words.iter().map(|(_, word)| word.split_once('=').unwrap_or((word, "true")))
}

pub(super) fn setting((name, value): (&str, &str)) -> Option<(String, String)> {
    let (name, values) = SETTINGS.iter().find(|(known, _)| *known == name)?;
    let value = values.iter().find(|it| **it == value)?;
    Some(((*name).to_owned(), (*value).to_owned()))
}
