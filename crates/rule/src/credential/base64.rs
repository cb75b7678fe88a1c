//! Base64, as Kubernetes writes binary data.

/// Decodes base64 of either alphabet, padded or not; line breaks are skipped. None where it is something else.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for it in text.trim_end().trim_end_matches('=').bytes() {
        let digit = match it {
            b'A'..=b'Z' => it - b'A',
            b'a'..=b'z' => it - b'a' + 26,
            b'0'..=b'9' => it - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'\n' | b'\r' => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if 8 <= count {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64_is_decoded_and_nothing_else() {
        for (text, expected) in [
            ("", Some("")),
            ("Zg==", Some("f")),
            ("Zm9vYmFy", Some("foobar")),
            ("Zm9v\nYmE=\n", Some("fooba")),
            ("Pz8_", Some("???")),
            ("not base64!", None),
        ] {
            assert_eq!(decode(text).as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }
}
