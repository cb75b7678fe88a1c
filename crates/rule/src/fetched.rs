//! Values that were read, or the reason they could not be.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Something the scan was not able to read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// The permission that lifts it, such as `iam:GetAccountAuthorizationDetails` or `list pods`.
    pub call: String,
    /// The class of what went wrong.
    pub reason: Reason,
    /// What the API answered, short: an error code, a status line.
    #[serde(default)]
    pub detail: String,
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, self.reason)?;
        match self.detail.as_str() {
            "" => Ok(()),
            detail => write!(f, " ({detail})"),
        }
    }
}

/// Why something could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The caller lacks the permission.
    Denied,
    /// Throttled until the retries ran out.
    Throttled,
    /// No connection, or none of its proxies gave one.
    Unreachable,
    /// A deadline passed or the scan was interrupted.
    Timeout,
    /// The service or the operation does not exist in this Region or partition.
    NotSupported,
    /// An answer that does not parse, or lacks a field it must have.
    Malformed,
    /// Nobody asked: absent from the snapshot, or out of the scan's scope.
    NotCollected,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timed out",
            Self::NotSupported => "not supported here",
            Self::Malformed => "malformed answer",
            Self::NotCollected => "not collected",
        })
    }
}

/// A value the scan read, or the reason it could not.
///
/// Absent and unreadable are different answers. A rule gets at the value only through
/// [`Fetched::known`], so it cannot mistake one for the other. Written as the value itself,
/// or as `unread: {call, reason, detail}`. A field that is missing altogether was not collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched<T>(Result<T, Gap>);

impl<T> Fetched<T> {
    /// A value that was read.
    pub fn read(value: T) -> Self {
        Self(Ok(value))
    }

    /// The reason why there is no value.
    pub fn unread(gap: Gap) -> Self {
        Self(Err(gap))
    }

    /// The value, or the gap as an early return from a rule.
    pub fn known(&self) -> Result<&T, Gap> {
        self.0.as_ref().map_err(Gap::clone)
    }

    /// Mutable access, for joins that complete a value.
    pub fn known_mut(&mut self) -> Result<&mut T, Gap> {
        self.0.as_mut().map_err(|gap| gap.clone())
    }

    /// The reason why there is no value.
    pub fn gap(&self) -> Option<&Gap> {
        self.0.as_ref().err()
    }
}

impl<T> From<Result<T, Gap>> for Fetched<T> {
    fn from(result: Result<T, Gap>) -> Self {
        Self(result)
    }
}

impl<T> Default for Fetched<T> {
    fn default() -> Self {
        Self(Err(Gap {
            call: "snapshot".to_owned(),
            reason: Reason::NotCollected,
            detail: "not in this snapshot".to_owned(),
        }))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unread<G> {
    unread: G,
}

impl<T: Serialize> Serialize for Fetched<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Ok(value) => value.serialize(serializer),
            Err(gap) => Unread { unread: gap }.serialize(serializer),
        }
    }
}

impl<'de, T: de::DeserializeOwned> Deserialize<'de> for Fetched<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        if value.get("unread").is_some() {
            let it: Unread<Gap> = serde_json::from_value(value).map_err(de::Error::custom)?;
            return Ok(Self(Err(it.unread)));
        }
        serde_json::from_value(value).map(Self::read).map_err(de::Error::custom)
    }
}
