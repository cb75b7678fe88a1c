//! Facts of bounded length.

/// How many items a fact or a list of facts names.
const NAMED: usize = 5;

/// The first five, and how many more there are.
pub(crate) fn few(items: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut items: Vec<String> = items.into_iter().collect();
    let more = items.len().saturating_sub(NAMED);
    items.truncate(NAMED);
    if more > 0 {
        items.push(format!("and {more} more"));
    }
    items
}
