//! The text of a policy that an event refers to by its hash; kept once for all events.

use aws_lc_rs::digest;
use std::fmt;
use std::sync::Arc;

/// The SHA-256 of a policy's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyHash([u8; 32]);

impl PolicyHash {
    /// The hash of `text`.
    pub fn of(text: &str) -> PolicyHash {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
        PolicyHash(bytes)
    }

    /// A hash from its 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Option<PolicyHash> {
        let digits = text.as_bytes();
        let lower = digits
            .iter()
            .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if digits.len() != 64 || !lower {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(PolicyHash(bytes))
    }
}

impl fmt::Display for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PolicyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PolicyHash({self})")
    }
}

/// A policy's text and its hash, which always fits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPolicy {
    hash: PolicyHash,
    text: Arc<str>,
}

impl EventPolicy {
    /// Hashes `text`.
    pub fn new(text: impl Into<Arc<str>>) -> EventPolicy {
        let text = text.into();
        EventPolicy {
            hash: PolicyHash::of(&text),
            text,
        }
    }

    /// What an event refers to it by.
    pub fn hash(&self) -> PolicyHash {
        self.hash
    }

    /// The text.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_and_read() {
        // SHA-256 of "abc" (FIPS 180-2, appendix B.1).
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(PolicyHash::of("abc").to_string(), text);
        assert_eq!(PolicyHash::parse(text), Some(PolicyHash::of("abc")));
        for bad in [
            "",
            "ba",
            &text.to_uppercase(),
            &text.replace('b', "+"),
            &format!("{text}0"),
        ] {
            assert_eq!(PolicyHash::parse(bad), None, "{bad}");
        }
    }
}
