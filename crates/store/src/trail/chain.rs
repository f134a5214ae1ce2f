//! The chain of the trail's records: how one follows from the other, and how a line tells it.
//!
//! Each line ends with `,"integrity":{"sequence":N,"hash":"…"}}`, where the hash is the SHA-256 of the
//! hash before it, the sequence (8 bytes, big-endian) and the record without that member. Whoever
//! changes, takes out, adds or moves a record would have to change every line behind it as well.

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use std::fmt;
use std::io;

const OPENING: &[u8] = br#","integrity":{"sequence":"#;
const HASH: &[u8] = br#","hash":""#;
const CLOSING: &[u8] = br#""}}"#;
const HEX: usize = 2 * SHA256_OUTPUT_LEN;
/// Longest member: a sequence has at most 20 digits.
pub(crate) const MEMBER_BYTES_MAX: usize = OPENING.len() + 20 + HASH.len() + HEX + CLOSING.len();

/// Beyond any number that a trail comes to, so that one can always be added.
pub(crate) const SEQUENCE_MAX: u64 = 1 << 62;

/// A place in the chain: the number of a record, and the hash that vouches for it and all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainPoint {
    /// Counts from 1 without gaps, over all days; 0 before the first record.
    pub sequence: u64,
    /// SHA-256; zeros before the first record.
    pub hash: [u8; 32],
}

impl ChainPoint {
    /// The hash as 64 lower-case hexadecimal digits.
    pub fn hash_text(&self) -> String {
        String::from_utf8_lossy(&hex(&self.hash)).into_owned()
    }

    /// What a line of the trail says of its place, if it says one. Whether that is true is for
    /// [`verify_trail`](crate::verify_trail) to say.
    pub fn of_line(line: &[u8]) -> Option<ChainPoint> {
        match split(line).1 {
            Integrity::At(point) => Some(point),
            Integrity::Damaged | Integrity::None => None,
        }
    }

    /// The point with this number and this hash as text; `None` when it is no hash.
    pub fn of_text(sequence: u64, hash: &str) -> Option<ChainPoint> {
        let hash = unhex(hash.as_bytes())?;
        Some(ChainPoint { sequence, hash })
    }
}

impl fmt::Display for ChainPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.sequence, self.hash_text())
    }
}

fn hex(bytes: &[u8; 32]) -> [u8; HEX] {
    let digit = |value: u8| match value {
        0..10 => b'0' + value,
        _ => b'a' + value - 10,
    };
    let mut out = [0; HEX];
    for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    out
}

/// Lower-case digits only: a hash is written in one way.
fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut out = [0; 32];
    if text.len() != HEX {
        return None;
    }
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(out)
}

/// Writes the chain's lines; what it needs stays allocated from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Linker {
    /// What is hashed: the hash before, the sequence, the record.
    hashed: Vec<u8>,
}

impl Linker {
    /// Puts whole lines of records (each an object, ended by a line feed) behind `last`: the lines with
    /// their members go to `out`, and the point of the last of them is returned.
    pub(crate) fn link(
        &mut self,
        mut last: ChainPoint,
        mut lines: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<ChainPoint> {
        while !lines.is_empty() {
            let sequence = last.sequence + 1;
            self.begin(&last.hash, sequence);
            let end = memchr::memchr(b'\n', lines).unwrap_or(lines.len());
            let (record, rest) = lines.split_at_checked(end).unwrap_or((lines, &[]));
            lines = rest.get(1..).unwrap_or_default();
            self.hashed.extend_from_slice(record);
            let hash = self.end();
            let body = record.strip_suffix(b"}").ok_or_else(|| {
                io::Error::new(io::ErrorKind::InvalidInput, "a record that is no object")
            })?;
            out.extend_from_slice(body);
            out.extend_from_slice(OPENING);
            io::Write::write_fmt(out, format_args!("{sequence}"))?;
            out.extend_from_slice(HASH);
            out.extend_from_slice(&hex(&hash));
            out.extend_from_slice(CLOSING);
            out.push(b'\n');
            last = ChainPoint { sequence, hash };
        }
        Ok(last)
    }

    /// The hash of a record without its closing brace, as the one with this number behind `previous`.
    pub(crate) fn hash(&mut self, previous: &[u8; 32], sequence: u64, body: &[u8]) -> [u8; 32] {
        self.begin(previous, sequence);
        self.hashed.extend_from_slice(body);
        self.hashed.push(b'}');
        self.end()
    }

    fn begin(&mut self, previous: &[u8; 32], sequence: u64) {
        self.hashed.clear();
        self.hashed.extend_from_slice(previous);
        self.hashed.extend_from_slice(&sequence.to_be_bytes());
    }

    fn end(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        // In one call: it needs no memory of its own, unlike a hash in steps.
        hash.copy_from_slice(digest(&SHA256, &self.hashed).as_ref());
        hash
    }
}

/// What a line says of its place in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// It has this place.
    At(ChainPoint),
    /// There are remains of a member that cannot be read.
    Damaged,
    /// There is no member: a line from before there was a chain, or none of the trail's own.
    None,
}

/// A line, taken apart: the record without its closing brace, and its place in the chain.
pub(crate) fn split(line: &[u8]) -> (&[u8], Integrity) {
    if let Some((body, point)) = split_whole(line) {
        return (body, Integrity::At(point));
    }
    let tail = line
        .get(line.len().saturating_sub(MEMBER_BYTES_MAX + 8)..)
        .unwrap_or(line);
    let holds = |part: &[u8]| tail.windows(part.len()).any(|window| window == part);
    let remains = holds(OPENING) || holds(br#""sequence":"#) && holds(br#""hash":""#);
    let integrity = if remains || holds(HASH) && holds(CLOSING) {
        Integrity::Damaged
    } else {
        Integrity::None
    };
    (line.strip_suffix(b"}").unwrap_or(line), integrity)
}

/// A line as it was recorded: without the member that tells its place in the chain. Remains of a member that was
/// damaged are no such member, and stay to be seen.
pub fn record_of(line: &[u8]) -> Vec<u8> {
    match split(line) {
        (body, Integrity::At(_)) => [body, b"}"].concat(),
        (_, Integrity::Damaged | Integrity::None) => line.to_vec(),
    }
}

fn split_whole(line: &[u8]) -> Option<(&[u8], ChainPoint)> {
    let rest = line.strip_suffix(CLOSING)?;
    let (rest, hash) = rest.split_at_checked(rest.len().checked_sub(HEX)?)?;
    let hash = unhex(hash)?;
    let rest = rest.strip_suffix(HASH)?;
    let digits = rest
        .iter()
        .rev()
        .take(21)
        .take_while(|byte| byte.is_ascii_digit());
    let (rest, number) = rest.split_at_checked(rest.len() - digits.count())?;
    // A number is written in one way.
    if number.first() == Some(&b'0') {
        return None;
    }
    let sequence: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    if sequence >= SEQUENCE_MAX {
        return None;
    }
    let body = rest.strip_suffix(OPENING)?;
    Some((body, ChainPoint { sequence, hash }))
}

#[cfg(test)]
mod tests;
