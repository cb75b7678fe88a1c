//! Facts that stay short.

/// The first five, and how many more there are.
pub(crate) fn first_five(facts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut facts: Vec<String> = facts.into_iter().collect();
    let more = facts.len().saturating_sub(5);
    facts.truncate(5);
    facts.extend((more > 0).then(|| format!("and {more} more")));
    facts
}

/// The same in one line.
pub(crate) fn few<T: AsRef<str>>(items: &[T]) -> String {
    let first: Vec<&str> = items.iter().take(5).map(AsRef::as_ref).collect();
    let first = first.join(", ");
    match items.len().saturating_sub(5) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_is_only_counted() {
        let facts = |count: u32| first_five((0..count).map(|it| it.to_string()));
        assert_eq!(facts(5).len(), 5);
        assert_eq!(facts(7)[4..], ["4", "and 2 more"]);
    }
}
