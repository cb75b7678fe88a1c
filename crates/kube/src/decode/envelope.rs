//! What stands around the items of a list, read without reading the items.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::inventory::meta::null_as_default;

/// What stands around the items of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// `PodList`, or `Status` where the API server has something else to say.
    pub kind: String,
    /// The token of the next page; `None` on the last.
    pub next: Option<String>,
}

/// Reads the envelope of an answer. API servers write it before the items, so that this costs next to
/// nothing and the next page is asked for before this one is decoded.
pub fn envelope(bytes: &[u8]) -> Envelope {
    let mut found = Found::default();
    // The visitor stops halfway, which is an error to the deserializer; decoding tells of the others.
    let _stopped = serde_json::Deserializer::from_slice(bytes).deserialize_map(&mut found);
    let next = found.metadata.unwrap_or_default().next;
    Envelope { kind: found.kind.unwrap_or_default(), next: Some(next).filter(|it| !it.is_empty()) }
}

#[derive(Default)]
struct Found {
    kind: Option<String>,
    metadata: Option<Metadata>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(rename = "continue", deserialize_with = "null_as_default")]
    next: String,
}

impl<'de> Visitor<'de> for &mut Found {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "kind" => self.kind = map.next_value()?,
                "metadata" => self.metadata = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.kind.is_some() && self.metadata.is_some() {
                break;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_found_wherever_it_stands() {
        for (text, kind, next) in [
            (r#"{"kind":"PodList","metadata":{"continue":"abc"},"items":[oops"#, "PodList", "abc"),
            (
                r#"{"items":[{"kind":"Pod"}],"metadata":{"continue":"abc"},"kind":"PodList"}"#,
                "PodList",
                "abc",
            ),
            (r#"{"kind":"PodList","metadata":{"continue":null},"items":[]}"#, "PodList", ""),
            (r#"{"kind":"PodList","metadata":null,"items":[]}"#, "PodList", ""),
            (r#"{"kind":null,"metadata":{}}"#, "", ""),
            (r#"{"kind":7,"metadata":{}}"#, "", ""),
            ("[]", "", ""),
            ("<html>", "", ""),
            ("", "", ""),
        ] {
            let envelope = envelope(text.as_bytes());
            assert_eq!(envelope.kind, kind, "{text}");
            assert_eq!(envelope.next.unwrap_or_default(), next, "{text}");
        }
    }
}
