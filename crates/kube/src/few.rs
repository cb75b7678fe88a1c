//! Lists in facts: bounded, whatever their length.

/// The first five, and how many more there are.
pub(crate) fn few<T: AsRef<str>>(items: &[T]) -> String {
    let first: Vec<&str> = items.iter().take(5).map(AsRef::as_ref).collect();
    let first = first.join(", ");
    match items.len().saturating_sub(5) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The same, each a line of its own.
pub(crate) fn lines(mut items: Vec<String>) -> Vec<String> {
    let more = items.len().saturating_sub(5);
    items.truncate(5);
    items.extend((more != 0).then(|| format!("and {more} more")));
    items
}
