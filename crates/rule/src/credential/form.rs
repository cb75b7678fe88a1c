//! Forms that credentials have, whatever they are called.

use super::{Kind, base64, name::is_wording};

/// What tokens of vendors start with; what follows looks random.
const VENDOR_PREFIXES: &[&str] = &[
    "AGE-SECRET-KEY-1",
    "AIza",
    "GOCSPX-",
    "NRAK-",
    "PMAK-",
    "SG.",
    "dapi",
    "dckr_pat_",
    "dop_v1_",
    "dp.pt.",
    "ghp_",
    "gho_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "glrt-",
    "glsa_",
    "hvb.",
    "hvs.",
    "lin_api_",
    "npm_",
    "pypi-",
    "rk_live_",
    "shpat_",
    "shpss_",
    "sk-ant-",
    "sk-proj-",
    "sk_live_",
    "sntrys_",
    "xapp-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "ya29.",
];

/// No form is shorter: the one of an address with a password, `://:p@`.
const SHORTEST: usize = 6;

/// What a value gives away by its form alone, under any name.
pub(super) fn known_form(value: &str) -> Option<Kind> {
    if value.len() < SHORTEST {
        return None;
    }
    if is_private_key(value) || value.starts_with("LS0tLS1CRUdJTi") && decodes_to_key(value) {
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
        if is_vendor_token(word) {
            return Some(Kind::VendorToken);
        }
    }
    is_webhook(value).then_some(Kind::VendorToken)
}

fn is_private_key(value: &str) -> bool {
    value.contains("-----BEGIN ")
        && (value.contains("PRIVATE KEY-----") || value.contains("PRIVATE KEY BLOCK-----"))
}

/// Whether base64 that starts as PEM does is a private key and no certificate; the first line says it.
fn decodes_to_key(value: &str) -> bool {
    let first = value.get(..64).unwrap_or(value);
    let text = base64::decode(first.lines().next().unwrap_or_default()).unwrap_or_default();
    String::from_utf8_lossy(&text).contains("PRIVATE KEY")
}

fn is_vendor_token(word: &str) -> bool {
    VENDOR_PREFIXES.iter().filter_map(|it| word.strip_prefix(it)).any(|rest| {
        16 <= rest.len()
            && rest.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
            && !is_wording(rest)
            && 3.0 <= entropy(rest)
    })
}

/// An address that lets whoever knows it post.
fn is_webhook(value: &str) -> bool {
    let paths = value.split("hooks.slack.com/services/").skip(1);
    paths.map(|it| it.split('/').collect::<Vec<_>>()).any(|it| {
        matches!(it.as_slice(), [team, bot, secret, ..]
            if team.starts_with('T') && bot.starts_with('B') && 20 <= secret.len())
    })
}

/// A value cut where configuration puts values side by side.
pub(super) fn words(value: &str) -> impl Iterator<Item = &str> {
    value.split(|it: char| it.is_whitespace() || matches!(it, '"' | '\'' | '=' | ',' | ';' | ':'))
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
    if !word.starts_with("eyJ") {
        return false;
    }
    let parts: Vec<&str> = word.split('.').collect();
    let base64url = |it: &&str| {
        it.len() >= 10 && it.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    parts.len() == 3 && parts[..2].iter().all(base64url)
}

/// `scheme://user:password@host`, with a literal password.
fn url_has_password(value: &str) -> bool {
    value.match_indices("://").any(|(at, _)| {
        let rest = &value[at + 3..];
        let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
        let Some((user_info, _)) = authority.rsplit_once('@') else { return false };
        let Some((_, password)) = user_info.split_once(':') else { return false };
        !password.is_empty()
            && !password.starts_with(['$', '<', '{', '['])
            && !is_format(password)
            && !["$(", "${", "{{"].iter().any(|it| password.contains(it))
            && !password.bytes().all(|it| it == b'*')
            && !matches!(password.to_lowercase().as_str(), "xxx" | "xxxx" | "xxxxx" | "redacted")
    })
}

/// `%s`; what is escaped, as in `%2F`, is literal.
fn is_format(password: &str) -> bool {
    let rest = password.strip_prefix('%');
    rest.is_some_and(|it| it.bytes().take(2).filter(u8::is_ascii_hexdigit).count() < 2)
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
