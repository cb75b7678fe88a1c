//! Forms that credentials have, whatever they are called.

use super::Kind;

const VENDOR_PREFIXES: &[&str] = &[
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "sk_live_",
    "rk_live_",
    "SG.",
    "npm_",
    "pypi-",
    "dop_v1_",
    "hvs.",
    "AIza",
];

/// What a value gives away by its form alone, under any name.
pub(super) fn known_form(value: &str) -> Option<Kind> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY-----") {
        return Some(Kind::PrivateKey);
    }
    if url_has_password(value) {
        return Some(Kind::UrlUserInfo);
    }
    for word in words(value).flat_map(|it| it.split(['/', '@'])) {
        if is_aws_key_id(word) {
            return Some(Kind::AwsKey);
        }
        if is_jwt(word) {
            return Some(Kind::Jwt);
        }
        if VENDOR_PREFIXES.iter().any(|it| word.starts_with(it) && it.len() + 16 <= word.len()) {
            return Some(Kind::VendorToken);
        }
    }
    None
}

/// A value cut where configuration puts values side by side.
pub(super) fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(|it: char| it.is_whitespace() || "\"'=,;:".contains(it))
}

/// 40 characters of base64, as AWS secret access keys are.
pub(super) fn is_aws_secret(word: &str) -> bool {
    word.len() == 40
        && word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'/' || it == b'+')
        && entropy(word) >= 3.5
}

/// `AKIA…` or `ASIA…`, 20 characters of upper case and digits.
fn is_aws_key_id(word: &str) -> bool {
    word.len() == 20
        && (word.starts_with("AKIA") || word.starts_with("ASIA"))
        && word.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit())
}

/// Three base64url parts, the first of which is a JSON object.
fn is_jwt(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    let base64url = |it: &&str| {
        it.len() >= 10 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    word.starts_with("eyJ") && parts.len() == 3 && parts[..2].iter().all(base64url)
}

/// `scheme://user:password@host`, with a literal password.
fn url_has_password(value: &str) -> bool {
    value.match_indices("://").any(|(at, _)| {
        let rest = &value[at + 3..];
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let Some((user_info, _)) = authority.rsplit_once('@') else { return false };
        let Some((_, password)) = user_info.split_once(':') else { return false };
        !password.is_empty()
            && !password.starts_with(['$', '<', '%'])
            && !password.starts_with("{{")
            && !password.bytes().all(|it| it == b'*')
    })
}

/// Shannon entropy in bits per byte.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "values are far shorter than 2^52 bytes")]
    let total = value.len() as f64;
    counts
        .iter()
        .filter(|it| **it > 0)
        .map(|it| f64::from(*it) / total)
        .map(|share| -share * share.log2())
        .sum()
}
