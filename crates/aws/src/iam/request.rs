//! What is asked of a policy, and what is known of the request's context.

use std::collections::BTreeMap;

/// May the principal do this?
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// An action such as `s3:GetObject`, in any case. With wildcards: every action that matches.
    pub action: &'a str,
    /// On what.
    pub resource: Target<'a>,
    /// The context of the request.
    pub context: &'a Context,
}

/// What the action is done to.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// Everything that the pattern matches; an ARN without wildcards is itself.
    All(&'a str),
    /// At least one resource that the pattern matches.
    Any(&'a str),
}

/// What is known of a condition key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// The request does not carry it.
    Absent,
    /// It has these values.
    Values(Vec<String>),
    /// The caller decides whether to send it, and what.
    Chosen,
    /// Absent or `false`.
    NeverTrue,
    /// Nobody can tell offline.
    Unknown,
}

/// The context of a request: what is known, over sensible defaults.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Key>,
    claims: Option<Key>,
    untagged: bool,
}

impl Context {
    /// Sets a key.
    #[must_use]
    pub fn with(mut self, key: &str, value: Key) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), value);
        self
    }

    /// Sets a key to one value.
    #[must_use]
    pub fn with_value(self, key: &str, value: &str) -> Self {
        self.with(key, Key::Values(vec![value.to_owned()]))
    }

    /// What is known of claims of tokens that are not set: absent where the caller's token is known.
    #[must_use]
    pub fn with_other_claims(mut self, known: Key) -> Self {
        self.claims = Some(known);
        self
    }

    /// A resource that bears no tag, and a session that bears none but those that are set.
    /// What holds here holds whoever asks and for every resource.
    #[must_use]
    pub fn untagged(mut self) -> Self {
        self.untagged = true;
        self
    }

    /// What is known of a key, which is given in lower case.
    pub fn get(&self, key: &str) -> Key {
        if let Some(known) = self.keys.get(key) {
            return known.clone();
        }
        match key {
            "aws:securetransport" => Key::Values(vec!["true".to_owned()]),
            "aws:viaawsservice" | "aws:principalisawsservice" => {
                Key::Values(vec!["false".to_owned()])
            }
            // Pods and nodes have no second factor.
            "aws:multifactorauthpresent" => Key::NeverTrue,
            "aws:multifactorauthage" | "aws:username" => Key::Absent,
            "aws:requestedregion"
            | "aws:tagkeys"
            | "sts:rolesessionname"
            | "sts:durationseconds"
            | "sts:transitivetagkeys"
            | "iam:passedtoservice"
            | "iam:policyarn"
            | "iam:permissionsboundary" => Key::Chosen,
            _ if key.starts_with("aws:requesttag/") || key.starts_with("eks:") => Key::Chosen,
            _ if self.untagged && is_tag(key) => Key::Absent,
            _ if is_claim(key) => self.claims.clone().unwrap_or(Key::Unknown),
            _ => Key::Unknown,
        }
    }
}

/// Keys of a token start with its issuer, which has a dot; no AWS service prefix has.
fn is_claim(key: &str) -> bool {
    key.rsplit_once(':').is_some_and(|(issuer, _)| issuer.contains('.'))
}

/// Tags of the session, and those of the resource under its service's prefix too.
fn is_tag(key: &str) -> bool {
    key.starts_with("aws:principaltag/")
        || key.contains(":resourcetag/")
        || key.starts_with("s3:existingobjecttag/")
}
