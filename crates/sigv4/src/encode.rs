//! Hexadecimal and percent-encoding, byte by byte.

use std::borrow::Cow;

use crate::error::AuthError;

const UPPER: &[u8; 16] = b"0123456789ABCDEF";
const LOWER: &[u8; 16] = b"0123456789abcdef";

/// What SigV4 writes as it is: `A-Z a-z 0-9 - . _ ~`.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated at compile time, within the table"
        )]
        {
            table[byte as usize] =
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        }
        byte += 1;
    }
    table
};

pub(crate) fn is_unreserved(byte: u8) -> bool {
    UNRESERVED.get(usize::from(byte)).copied().unwrap_or(false)
}

fn nibble(table: &[u8; 16], value: u8) -> u8 {
    table.get(usize::from(value & 15)).copied().unwrap_or(b'0')
}

/// The two lower-case digits of every byte.
const PAIRS: [[u8; 2]; 256] = {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated at compile time, within the tables"
        )]
        {
            table[byte] = [LOWER[byte >> 4], LOWER[byte & 15]];
        }
        byte += 1;
    }
    table
};

/// The value of every lower-case digit; above 15 for everything else.
const VALUES: [u8; 256] = {
    let mut table = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated at compile time, within the tables"
        )]
        {
            table[LOWER[value as usize] as usize] = value;
        }
        value += 1;
    }
    table
};

/// 64 lower-case digits.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let mut out = [0; 64];
    let (pairs, _) = out.as_chunks_mut::<2>();
    for (pair, byte) in pairs.iter_mut().zip(bytes) {
        *pair = PAIRS.get(usize::from(*byte)).copied().unwrap_or_default();
    }
    out
}

/// The inverse of [`hex`]; upper-case digits are refused.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut out = [0; 32];
    let mut all = 0;
    let value = |digit: u8| VALUES.get(usize::from(digit)).copied().unwrap_or(0xff);
    let (pairs, _) = text.as_chunks::<2>();
    for (byte, [high, low]) in out.iter_mut().zip(pairs) {
        let (high, low) = (value(*high), value(*low));
        all |= high | low;
        *byte = high << 4 | low & 15;
    }
    (all < 16).then_some(out)
}

fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// `%XX` with upper-case digits.
pub(crate) fn escape(byte: u8) -> [u8; 3] {
    [b'%', nibble(UPPER, byte >> 4), nibble(UPPER, byte)]
}

/// Are all escapes of `text` whole?
///
/// # Errors
/// [`AuthError::IncompleteEscape`] or [`AuthError::IllegalEscape`] for the first that is not.
pub(crate) fn check_escapes(text: &str) -> Result<(), AuthError> {
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        let escape = rest.get(at..).unwrap_or_default();
        let [_, high, low, after @ ..] = escape else {
            return Err(AuthError::IncompleteEscape);
        };
        if value_of(*high).is_none() || value_of(*low).is_none() {
            let shown = escape.get(..3).unwrap_or_default();
            return Err(AuthError::IllegalEscape(
                String::from_utf8_lossy(shown).into_owned(),
            ));
        }
        rest = after;
    }
    Ok(())
}

/// What `+` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plus {
    Space,
    Literal,
}

/// The decoded bytes of an escaped text whose escapes were checked; a broken escape stays as it is.
#[derive(Debug, Clone)]
pub(crate) struct Decoded<'a> {
    rest: &'a [u8],
    plus: Plus,
}

pub(crate) fn decoded(text: &str, plus: Plus) -> Decoded<'_> {
    Decoded {
        rest: text.as_bytes(),
        plus,
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        if let [b'%', high, low, rest @ ..] = self.rest
            && let (Some(high), Some(low)) = (value_of(*high), value_of(*low))
        {
            self.rest = rest;
            return Some(high << 4 | low);
        }
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        match first {
            b'+' if self.plus == Plus::Space => Some(b' '),
            other => Some(*other),
        }
    }
}

/// The text of a query parameter; borrowed when nothing is escaped. What is not UTF-8 is replaced:
/// no credential, date or token has such bytes.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let bytes: Vec<u8> = decoded(text, Plus::Space).collect();
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

/// `text` percent-encoded for a query.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for byte in text.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(escape(byte).iter().map(|&byte| char::from(byte)));
        }
    }
    out
}
