//! The credential pattern: what a literal gives away, told without keeping it.

mod form;

use serde::{Deserialize, Serialize};

use form::{entropy, is_aws_secret, known_form, words};

/// A credential found in a literal. Neither the value nor a hash of it is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credential {
    /// Where it stands: a variable's or an annotation's name, `args[2]`, `livenessProbe.exec.command[0]`.
    pub place: String,
    /// What it looks like.
    pub kind: Kind,
    /// How long the value is.
    pub length: Length,
}

/// What a credential looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The name says password and the value is not empty.
    NamedPassword,
    /// The name says secret, token or key, and the value looks random.
    NamedSecret,
    /// An AWS access key id or the secret beside one.
    AwsKey,
    /// A JSON Web Token.
    Jwt,
    /// A PEM private key.
    PrivateKey,
    /// A URL with user and password.
    UrlUserInfo,
    /// A token with a vendor's prefix, such as GitHub's or Slack's.
    VendorToken,
}

/// Length class of a value, coarse enough to give nothing away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// Under 16 characters.
    Short,
    /// 16 to 63.
    Medium,
    /// 64 and more.
    Long,
}

impl std::fmt::Display for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::NamedPassword => "a password by its name",
            Kind::NamedSecret => "a random-looking value under a secret's name",
            Kind::AwsKey => "an AWS access key",
            Kind::Jwt => "a JSON Web Token",
            Kind::PrivateKey => "a private key",
            Kind::UrlUserInfo => "a URL with a password",
            Kind::VendorToken => "a vendor's token",
        };
        write!(f, "{} holds {kind}", self.place)
    }
}

/// Names that say password: any literal under them counts.
const PASSWORD_NAMES: &[&str] = &["password", "passwd", "pwd", "passphrase"];

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
];

/// Last words of names that speak about a secret and do not hold one: `tlsSecretName`, `PASSWORD_MIN_LENGTH`.
const ABOUT: &[&str] = &[
    "algorithm",
    "arn",
    "audience",
    "count",
    "days",
    "dir",
    "enabled",
    "endpoint",
    "expiration",
    "expiry",
    "field",
    "file",
    "header",
    "helper",
    "helpers",
    "issuer",
    "length",
    "limit",
    "name",
    "names",
    "namespace",
    "path",
    "policy",
    "provider",
    "ref",
    "region",
    "size",
    "timeout",
    "ttl",
    "type",
    "uri",
    "url",
    "version",
];

/// A literal to look at: where it stands, the name it goes by, its value.
#[derive(Clone, Copy, Debug)]
pub struct Literal<'a> {
    /// Becomes [`Credential::place`].
    pub place: &'a str,
    /// What the value is called; empty for arguments.
    pub name: &'a str,
    /// The value, which is not kept.
    pub value: &'a str,
}

/// The credentials among literals that are read together, such as those of one container.
///
/// An AWS access key id counts only beside a 40-character secret: alone it authenticates nobody.
pub fn find_all(literals: &[Literal<'_>]) -> Vec<Credential> {
    let aws_secret = literals.iter().flat_map(|it| words(it.value)).any(is_aws_secret);
    let mut found: Vec<Credential> = literals
        .iter()
        .filter_map(|it| {
            let kind = kind(it.name, it.value)?;
            let place = it.place.to_owned();
            Some(Credential { place, kind, length: length(it.value) })
        })
        .filter(|it| it.kind != Kind::AwsKey || aws_secret)
        .collect();
    found.sort();
    found.dedup();
    found
}

fn kind(name: &str, value: &str) -> Option<Kind> {
    let value = value.trim();
    if value.is_empty() || is_reference(value) {
        return None;
    }
    if let Some(kind) = known_form(value) {
        return Some(kind);
    }
    let words = name_words(name);
    if words.last().is_some_and(|it| ABOUT.contains(&it.as_str())) || is_setting(value) {
        return None;
    }
    let lower = name.to_lowercase();
    if words.last().is_some_and(|it| it == "pass")
        || PASSWORD_NAMES.iter().any(|it| lower.contains(it))
    {
        return Some(Kind::NamedPassword);
    }
    let spelled = words.concat();
    let looks_real =
        16 <= value.len() && 3.5 <= entropy(value) && !is_placeholder(value) && !is_wording(value);
    (looks_real && SECRET_NAMES.iter().any(|it| spelled.contains(it))).then_some(Kind::NamedSecret)
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

/// The value comes from elsewhere and is judged there: `$(VAR)`, or a shell's `${VAR}` and `$VAR`.
fn is_reference(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'', ';']);
    let is_name = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_')
    };
    value.contains("$(")
        || value.starts_with("${")
        || value.starts_with('`')
        || value.strip_prefix('$').is_some_and(is_name)
}

/// Values that configure and do not authenticate: booleans, paths, ARNs, plain URLs.
fn is_setting(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "true" | "false" | "yes" | "no" | "null" | "none")
        || value.starts_with('/')
        || value.starts_with("./")
        || value.starts_with("arn:")
        || value.contains("://")
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
fn is_wording(value: &str) -> bool {
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

fn length(value: &str) -> Length {
    match value.len() {
        ..16 => Length::Short,
        16..64 => Length::Medium,
        _ => Length::Long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_passwords_match_any_literal() {
        assert_eq!(kind("DB_PASSWORD", "hunter2"), Some(Kind::NamedPassword));
        assert_eq!(kind("redis.pwd", "changeme"), Some(Kind::NamedPassword));
        assert_eq!(kind("POSTGRES_PASSWD", "1234"), Some(Kind::NamedPassword));
        assert_eq!(kind("--db-pass", "x"), Some(Kind::NamedPassword));
        assert_eq!(kind("adminPassword", "<set me>"), Some(Kind::NamedPassword));
    }

    #[test]
    fn names_of_secrets_need_a_random_value() {
        assert_eq!(kind("API_TOKEN", "f3A9-kL2m_Qz81Xw0pR7"), Some(Kind::NamedSecret));
        assert_eq!(kind("SECRET_NAME", "orders"), None);
        assert_eq!(kind("TOKEN_AUDIENCE", "https://kubernetes.default.svc"), None);
        assert_eq!(kind("API_KEY", "aaaaaaaaaaaaaaaaaaaaaaaa"), None);
        for name in ["api-key", "ACCESS_KEY", "privateKey", "--connection-str", "azure.connstr"] {
            assert_eq!(kind(name, "3f2504e0-4f89-11d3-9a0c"), Some(Kind::NamedSecret), "{name}");
        }
        assert_eq!(kind("SECRET", "qZxvTkBmWpLcRjNdHgYs"), Some(Kind::NamedSecret));
    }

    #[test]
    fn known_forms_need_no_name() {
        assert_eq!(kind("X", "postgres://app:s3cret@db/orders"), Some(Kind::UrlUserInfo));
        assert_eq!(kind("X", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"), Some(Kind::Jwt));
        assert_eq!(kind("X", "-----BEGIN RSA PRIVATE KEY-----\nx"), Some(Kind::PrivateKey));
        let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
        assert_eq!(kind("X", token), Some(Kind::VendorToken));
        let url = format!("https://{token}@github.com/a/b");
        assert_eq!(kind("X", &url), Some(Kind::VendorToken));
        assert_eq!(kind("X", "redis://:s3cret@cache"), Some(Kind::UrlUserInfo));
    }

    #[test]
    fn settings_and_references_are_not_credentials() {
        for (name, value) in [
            ("DB_PASSWORD", "$(FROM_ELSEWHERE)"),
            ("DB_PASSWORD_FILE", "/run/secrets/db"),
            ("DB_PASSWORD", ""),
            ("USE_PASSWORD", "true"),
            ("SECRET_ARN", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"),
            ("CALLBACK_TOKEN_URL", "https://login.example.com/oauth2/v2.0/token"),
            ("URL", "postgres://app:$(PASSWORD)@db/orders"),
            ("URL", "https://user@example.com/x"),
            ("URL", "postgres://app:<password>@db/orders"),
            ("URL", "postgres://app:***@db/orders"),
            ("DB_PASSWORD", "$(USER)-$(FROM_ELSEWHERE)"),
            ("--password", "${MYSQL_PASSWORD}"),
            ("--password", "\"$MYSQL_PASSWORD\""),
            ("PASSWORD", "$(cat"),
            ("PASSWORD_MIN_LENGTH", "12"),
            ("BACKUP_WDIR", "nightly"),
            ("BYPASS_CACHE", "sometimes"),
            ("--caSecretName", "kyverno-svc.kyverno.svc.kyverno-tls-ca"),
            ("--dynamic-serving-ca-secret-name", "cert-manager-webhook-ca"),
            ("--registryCredentialHelpers", "default,google,amazon,azure,github"),
            ("CREDENTIALS", "prod-orders-database-v2"),
            ("API_TOKEN", "<your-api-token-goes-here>"),
            ("API_TOKEN", "1234567890123456789012"),
        ] {
            assert_eq!(kind(name, value), None, "{name}={value}");
        }
    }

    #[test]
    fn an_access_key_id_counts_only_beside_its_secret() {
        let id = Literal { place: "AWS_ID", name: "AWS_ID", value: "AKIAIOSFODNN7EXAMPLE" };
        let value = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let secret = Literal { place: "X", name: "X", value };
        assert_eq!(find_all(&[id]), []);
        let found = find_all(&[id, secret]);
        let length = Length::Medium;
        assert_eq!(found, [Credential { place: "AWS_ID".to_owned(), kind: Kind::AwsKey, length }]);
    }
}
