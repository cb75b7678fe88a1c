//! The credential pattern: what a literal gives away, told without keeping it.

mod base64;
mod form;
mod name;
#[cfg(test)]
mod tests;
mod text;

pub use base64::decode;
pub use text::find_in_text;

use serde::{Deserialize, Serialize};

use form::{is_aws_secret, known_form, words};
use name::named;

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
    /// An AWS access key id with its secret beside it.
    AwsKey,
    /// A long-lived AWS access key id alone: half a credential, whose other half is elsewhere.
    AwsKeyId,
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

impl Credential {
    /// Whether it lets somebody in by itself.
    pub fn is_whole(&self) -> bool {
        self.kind != Kind::AwsKeyId
    }
}

impl std::fmt::Display for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.kind {
            Kind::NamedPassword => "a password by its name",
            Kind::NamedSecret => "a random-looking value under a secret's name",
            Kind::AwsKey => "an AWS access key",
            Kind::AwsKeyId => "an AWS access key id",
            Kind::Jwt => "a JSON Web Token",
            Kind::PrivateKey => "a private key",
            Kind::UrlUserInfo => "a URL with a password",
            Kind::VendorToken => "a vendor's token",
        };
        write!(f, "{} holds {kind}", self.place)
    }
}

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
/// An AWS access key id is whole only beside a 40-character secret: alone it authenticates nobody, and one of a
/// session, which ends by itself, is not even told.
pub fn find_all(literals: &[Literal<'_>]) -> Vec<Credential> {
    let aws_secret = literals.iter().flat_map(|it| words(it.value)).any(is_aws_secret);
    let mut found: Vec<Credential> = literals
        .iter()
        .filter_map(|it| {
            let kind = match kind(it.name, it.value)? {
                Kind::AwsKey if !aws_secret => long_lived(it.value)?,
                kind => kind,
            };
            let place = it.place.to_owned();
            Some(Credential { place, kind, length: length(it.value) })
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Length class of a literal; none where there is none, or where it only refers to a value elsewhere.
pub fn length_of(value: &str) -> Option<Length> {
    let value = value.trim();
    (!value.is_empty() && !is_reference(value)).then(|| length(value))
}

fn kind(name: &str, value: &str) -> Option<Kind> {
    let value = value.trim();
    if value.is_empty() {
        return None;
    }
    if let Some(kind) = known_form(value) {
        return Some(kind);
    }
    if is_reference(value) {
        return None;
    }
    named(name, value).or_else(|| text::holds_password(value).then_some(Kind::NamedPassword))
}

fn long_lived(value: &str) -> Option<Kind> {
    value.contains("AKIA").then_some(Kind::AwsKeyId)
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

fn length(value: &str) -> Length {
    match value.len() {
        ..16 => Length::Short,
        16..64 => Length::Medium,
        _ => Length::Long,
    }
}
