//! Names that say what a value is, and values that are not what their names say.

use super::{Kind, form::entropy};

/// Names that say password: any literal under them counts.
const PASSWORD_NAMES: &[&str] = &["password", "passwd", "passphrase", "pwd"];

/// Names that say secret, spelled without separators: a literal under them counts if it looks random.
const SECRET_NAMES: &[&str] = &[
    "secret",
    "token",
    "credential",
    "connstr",
    "connectionstr",
    "apikey",
    "accesskey",
    "privatekey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "accountkey",
];

/// Last words of names that speak about a secret and do not hold one: `tlsSecretName`, `PASSWORD_MIN_LENGTH`.
const ABOUT: &[&str] = &[
    "age",
    "algorithm",
    "arn",
    "audience",
    "attempts",
    "backend",
    "class",
    "count",
    "days",
    "dir",
    "directory",
    "disabled",
    "enabled",
    "encoder",
    "encoding",
    "endpoint",
    "expiration",
    "expires",
    "expiry",
    "field",
    "file",
    "filename",
    "folder",
    "format",
    "header",
    "helper",
    "helpers",
    "host",
    "hours",
    "interval",
    "issuer",
    "label",
    "length",
    "lifetime",
    "limit",
    "location",
    "manager",
    "max",
    "method",
    "min",
    "minutes",
    "mode",
    "name",
    "names",
    "namespace",
    "path",
    "period",
    "policy",
    "prefix",
    "provider",
    "ref",
    "regex",
    "region",
    "required",
    "retries",
    "rotation",
    "scope",
    "seconds",
    "size",
    "source",
    "store",
    "suffix",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "validity",
    "version",
];

/// Last words after a password that say under which key, or in which object, it is kept elsewhere.
const KEPT_UNDER: &[&str] = &["key", "keys", "secret", "secrets"];

/// What a value is by its name.
pub(super) fn named(name: &str, value: &str) -> Option<Kind> {
    let lower = name.to_lowercase();
    let spelled = lower.replace(|it: char| !it.is_alphanumeric(), "");
    let says = |it: &&str| spelled.contains(*it);
    let says_secret = SECRET_NAMES.iter().any(says);
    // Most names say nothing, which is told before they are taken apart.
    if !says_secret && !PASSWORD_NAMES.iter().chain(&["pass", "authorization"]).any(says) {
        return None;
    }
    let words = name_words(name);
    let last = words.last()?.as_str();
    if ABOUT.contains(&last) || is_setting(value) {
        return None;
    }
    let says_password = last == "pass" || PASSWORD_NAMES.iter().any(|it| lower.contains(it));
    // A name of a key or of an object, which is a word or two.
    let kept_elsewhere = KEPT_UNDER.contains(&last) && is_wording(value);
    if says_password && !kept_elsewhere && !lower.contains("passwordless") {
        return Some(Kind::NamedPassword);
    }
    if last == "authorization" {
        return authorizes(value).then_some(Kind::NamedSecret);
    }
    // An id beside a key, which is no secret.
    if last == "id" && words.iter().rev().nth(1).is_some_and(|it| it == "key") {
        return None;
    }
    let looks_real =
        16 <= value.len() && 3.5 <= entropy(value) && !is_placeholder(value) && !is_wording(value);
    (looks_real && says_secret).then_some(Kind::NamedSecret)
}

/// `Basic …` and `Bearer …` of an HTTP header.
fn authorizes(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once(' ') else { return false };
    let rest = rest.trim();
    (scheme.eq_ignore_ascii_case("basic") || scheme.eq_ignore_ascii_case("bearer"))
        && 8 <= rest.len()
        && !is_placeholder(rest)
        && !rest.contains(['$', ' '])
}

/// The words of `DB_PASSWORD`, `--tls-secret`, `tlsSecretName`, in lower case.
fn name_words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for it in name.chars() {
        let starts = it.is_uppercase() && before.is_lowercase() || !it.is_alphanumeric();
        if starts && words.last().is_some_and(|it| !it.is_empty()) {
            words.push(String::new());
        }
        if it.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(it.to_lowercase());
        }
        before = it;
    }
    words.retain(|it| !it.is_empty());
    words
}

/// Words that switch something.
const SWITCHES: &[&str] = &[
    "auto", "default", "disable", "disabled", "enable", "enabled", "false", "n/a", "no", "none",
    "null", "off", "on", "optional", "required", "true", "yes",
];

/// Values that configure and do not authenticate: switches, paths, ARNs, plain URLs.
fn is_setting(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    SWITCHES.contains(&value.to_lowercase().as_str())
        || value.is_empty()
        || value.starts_with('/')
        || value.starts_with("./")
        || value.starts_with("../")
        || value.starts_with("~/")
        || value.starts_with("arn:")
        || value.contains("://")
        || is_windows_path(value)
}

/// `C:\secrets\db`.
fn is_windows_path(value: &str) -> bool {
    let mut bytes = value.bytes();
    bytes.next().is_some_and(|it| it.is_ascii_alphabetic()) && value[1..].starts_with(":\\")
}

/// Text that somebody is meant to replace.
fn is_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    value.starts_with('<') && value.ends_with('>')
        || value.contains("{{")
        || [
            "change-me",
            "change_me",
            "changeme",
            "placeholder",
            "redacted",
            "replace",
            "your-",
            "your_",
        ]
        .iter()
        .any(|it| lower.contains(it))
}

/// Names of things, and lists of them: `kyverno-svc.kyverno.svc.kyverno-tls-ca`, `prod-db-v2`.
pub(super) fn is_wording(value: &str) -> bool {
    value.split(|it: char| !it.is_alphanumeric()).all(|it| {
        let letters = it.trim_end_matches(|it: char| it.is_ascii_digit());
        it.len() <= letters.len() + 4 && letters.len() <= 16 && is_word(letters)
    })
}

/// Letters of one case, or humps of three and more as in `ordersDatabase`.
fn is_word(letters: &str) -> bool {
    if !letters.bytes().all(|it| it.is_ascii_alphabetic()) {
        return false;
    }
    if letters.bytes().all(|it| it.is_ascii_uppercase()) {
        return true;
    }
    letters.split(|it: char| it.is_ascii_uppercase()).skip(1).all(|it| 2 <= it.len())
}
