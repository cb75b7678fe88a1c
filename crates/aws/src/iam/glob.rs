//! `*` and `?` in policies, without backtracking over more than one star.

/// A `*` or `?` that a policy escaped as `${*}` or `${?}`: literal, although it stands in a pattern.
pub(super) const LITERAL_STAR: char = '\u{e000}';
/// See [`LITERAL_STAR`].
pub(super) const LITERAL_QUESTION_MARK: char = '\u{e001}';

/// Above this many steps two patterns count as overlapping, and neither as covering the other: an ARN has
/// 2,048 characters at most, so nothing real is decided here.
const PATIENCE: usize = 1 << 22;

/// Whether a pattern matches all of a text. The text may be a pattern itself; then all that it matches is covered
/// when the answer is true (a false may be wrong for patterns with `?` beside `*`).
pub fn covers(pattern: &str, text: &str) -> bool {
    if pattern == "*" || pattern == text {
        return true;
    }
    // Most patterns differ from most texts before their first wildcard.
    let special = |it: u8| it == b'*' || it == b'?' || !it.is_ascii();
    let at = pattern.bytes().zip(text.bytes()).take_while(|(a, b)| a == b && !special(*a)).count();
    if pattern.as_bytes().get(at).is_none_or(|it| !special(*it)) {
        return false;
    }
    let (pattern, text) = (&pattern[at..], &text[at..]);
    if pattern.is_ascii() && text.is_ascii() {
        return fits(pattern.as_bytes(), text.as_bytes(), |pattern, text| match pattern {
            b'?' => text != b'*',
            _ => pattern == text,
        });
    }
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    fits(&pattern, &text, |pattern, text| match pattern {
        '?' => text != '*',
        LITERAL_STAR => text == '*',
        LITERAL_QUESTION_MARK => text == '?',
        _ => pattern == text,
    })
}

/// The last star takes one symbol more whenever what follows it does not fit.
fn fits<T: Copy + PartialEq + From<u8>>(
    pattern: &[T],
    text: &[T],
    one: impl Fn(T, T) -> bool,
) -> bool {
    let many = T::from(b'*');
    let (mut at, mut read, mut steps) = (0, 0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        steps += 1;
        if steps > PATIENCE {
            return false;
        }
        if pattern.get(at) == Some(&many) {
            star = Some((at, read));
            at += 1;
        } else if pattern.get(at).is_some_and(|it| one(*it, text[read])) {
            at += 1;
            read += 1;
        } else if let Some((star_at, from)) = star {
            star = Some((star_at, from + 1));
            at = star_at + 1;
            read = from + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|it| *it == many)
}

/// Whether some text matches both patterns.
pub fn intersects(one: &str, other: &str) -> bool {
    // Most patterns differ before their first wildcards.
    let wildcard = |it: u8| it == b'*' || it == b'?';
    let mut pairs = one.bytes().zip(other.bytes()).skip_while(|(a, b)| a == b && !wildcard(*a));
    if pairs.next().is_some_and(|(a, b)| !wildcard(a) && !wildcard(b)) {
        return false;
    }
    let wild = |it: &str| it.bytes().any(wildcard);
    match (wild(one), wild(other)) {
        (false, false) => return one == other,
        (true, false) => return covers(one, other),
        (false, true) => return covers(other, one),
        (true, true) => {}
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().saturating_mul(other.len()) > PATIENCE {
        return true;
    }
    // `tails[j]` tells whether `one[i..]` and `other[j..]` overlap.
    let mut tails = vec![false; other.len() + 1];
    for i in (0..=one.len()).rev() {
        let below = tails.clone();
        for j in (0..=other.len()).rev() {
            tails[j] = match (one.get(i), other.get(j)) {
                (None, None) => true,
                (Some('*'), next) => below[j] || next.is_some() && tails[j + 1],
                (next, Some('*')) => tails[j + 1] || next.is_some() && below[j],
                (Some(a), Some(b)) => (*a == '?' || *b == '?' || a == b) && below[j + 1],
                _ => false,
            };
        }
    }
    tails[0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, by brute force.
    fn naive(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|at| naive(rest, &text[at..])),
            ([b'?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
            ([a, rest @ ..], [b, tail @ ..]) => a == b && naive(rest, tail),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn covers_agrees_with_the_definition(pattern in "[ab*?]{0,7}", text in "[ab]{0,7}") {
            prop_assert_eq!(covers(&pattern, &text), naive(pattern.as_bytes(), text.as_bytes()));
        }

        #[test]
        fn patterns_relate_as_the_texts_that_they_match(a in "[ab*?]{0,3}", b in "[ab*?]{0,3}") {
            let common = texts().filter(|it| naive(b.as_bytes(), it));
            let (inside, outside): (Vec<_>, Vec<_>) =
                common.partition(|it| naive(a.as_bytes(), it));
            prop_assert_eq!(intersects(&a, &b), !inside.is_empty());
            prop_assert!(!covers(&a, &b) || outside.is_empty());
        }
    }

    /// Every text of up to six letters: enough to tell patterns of three symbols apart.
    fn texts() -> impl Iterator<Item = Vec<u8>> {
        (0..=6_u32).flat_map(|length| {
            (0..1_u32 << length).map(move |bits| {
                (0..length).map(|at| if bits >> at & 1 == 1 { b'a' } else { b'b' }).collect()
            })
        })
    }

    #[test]
    fn patterns_without_a_common_text_do_not_intersect() {
        for (a, b, common) in [
            ("a*", "*b", true),
            ("a*", "b*", false),
            ("?", "", false),
            ("*?*", "**", true),
            ("a?c", "abd*", false),
        ] {
            assert_eq!(intersects(a, b), common, "{a} {b}");
        }
    }

    #[test]
    fn ten_thousand_wildcards_are_quick() {
        let pattern = "*a".repeat(10_000);
        assert!(!covers(&pattern, &"a".repeat(9_999)));
        assert!(covers(&pattern, &"a".repeat(10_000)));
        assert!(intersects(&pattern, &"*b".repeat(10_000)));
    }
}
