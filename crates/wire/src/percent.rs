//! Percent-encoding (RFC 3986): forms, query strings, and the policy documents inside IAM's answers.

/// What is wrong with an escape, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PercentError {
    /// A `%` with fewer than two characters after it.
    #[error("Incomplete trailing escape % sequence")]
    Incomplete,
    /// A `%` without two hexadecimal digits after it.
    #[error("Illegal hex character in escape % pattern: {0}")]
    NotHex(String),
}

/// Appends the text with everything but `A-Z a-z 0-9 - _ . ~` escaped.
pub fn encode_into(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let hex = |nibble: u8| char::from(HEX.get(usize::from(nibble)).copied().unwrap_or(b'0'));
    out.reserve(text.len());
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push(hex(b >> 4));
            out.push(hex(b & 15));
        }
    }
}

/// The text with everything but `A-Z a-z 0-9 - _ . ~` escaped, as IAM sends policy documents.
pub fn encode(text: &str) -> String {
    let mut out = String::new();
    encode_into(&mut out, text);
    out
}

/// The text with its escapes resolved; none when they are broken or what results is not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((b, tail)) = rest.split_first() {
        rest = tail;
        out.push(if *b == b'%' {
            unescape(&mut rest).ok()?
        } else {
            *b
        });
    }
    String::from_utf8(out).ok()
}

/// The byte that the two digits after a `%` stand for; they are taken off.
pub(crate) fn unescape(rest: &mut &[u8]) -> Result<u8, PercentError> {
    let [high, low, tail @ ..] = *rest else {
        return Err(PercentError::Incomplete);
    };
    *rest = tail;
    match (nibble(*high), nibble(*low)) {
        (Some(h), Some(l)) => Ok(h << 4 | l),
        _ => {
            let pair = [*high, *low];
            Err(PercentError::NotHex(
                String::from_utf8_lossy(&pair).into_owned(),
            ))
        }
    }
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
