//! What an answer holds, or what is wrong with it: where, and never a word of what stands there.

use std::fmt;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Deserializer, Error, error::Category};

use crate::inventory::meta::{ObjectMeta, null_as_default};

/// The longest place that is told; keys of maps are as long as an author likes.
const LONGEST: usize = 200;

/// Why an answer is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Malformed {
    /// A field that every object of the kind has is not there.
    pub(super) fn lacks(object: &str, field: &str) -> Self {
        Self(format!("missing field `{field}` at `{object}`"))
    }
}

/// A page of a list. Without `items` it is something else; `null` is how some servers write an empty list.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(deserialize_with = "null_as_default")]
    items: Vec<T>,
}

/// Decodes an answer.
///
/// # Errors
/// It is no JSON, or a field is missing or of the wrong type.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Malformed> {
    serde_json::from_slice(bytes).map_err(|it| explained::<T>(bytes, &it))
}

/// The items of a list.
pub(super) fn items<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<T>, Malformed> {
    read::<Page<T>>(bytes).map(|it| it.items)
}

/// Those of a kind that lives in namespaces.
pub(super) fn namespaced<T: DeserializeOwned>(
    bytes: &[u8],
    metadata: fn(&T) -> &ObjectMeta,
) -> Result<Vec<T>, Malformed> {
    let items = items(bytes)?;
    match items.iter().position(|it| metadata(it).namespace.is_empty()) {
        Some(at) => Err(Malformed::lacks(&format!("items[{at}].metadata"), "namespace")),
        None => Ok(items),
    }
}

/// Those of a kind that lives outside of them, whatever a manifest may say: API servers drop its namespace.
pub(super) fn cluster_scoped<T: DeserializeOwned>(
    bytes: &[u8],
    metadata: fn(&mut T) -> &mut ObjectMeta,
) -> Result<Vec<T>, Malformed> {
    let mut items = items(bytes)?;
    for it in &mut items {
        metadata(it).namespace.clear();
    }
    Ok(items)
}

fn explained<T: DeserializeOwned>(bytes: &[u8], error: &Error) -> Malformed {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => {}
        Category::Eof => {
            return Malformed(format!("JSON that ends early, line {line} column {column}"));
        }
        Category::Syntax | Category::Io => {
            return Malformed(format!("no JSON, line {line} column {column}"));
        }
    }
    let text = error.to_string();
    // Names of fields are ours; all other messages quote the answer.
    let named = ["missing field `", "duplicate field `"].iter().any(|it| text.starts_with(it));
    let what = match text.split_once(" at line ") {
        Some((what, _)) if named => what,
        _ => "a value of the wrong type",
    };
    // Only a second, slower look knows where the first one stopped.
    let mut again = Deserializer::from_slice(bytes);
    let place = match serde_path_to_error::deserialize::<_, T>(&mut again) {
        Err(error) => error.path().to_string(),
        Ok(_) => format!("line {line} column {column}"),
    };
    let visible = |it: char| if it.is_ascii_graphic() { it } else { '?' };
    let place: String = place.chars().map(visible).take(LONGEST).collect();
    Malformed(format!("{what} at `{place}`"))
}
