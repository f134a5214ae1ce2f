//! Bytes with a checksum, and numbers of variable length: what segments are made of.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// Bytes of a checksum: the beginning of a SHA-256.
pub(super) const SUM_BYTES: usize = 8;
/// Bytes of one block: all of a segment is read in blocks.
pub(super) const BLOCK_BYTES_MAX: usize = 64 * 1024;

/// Where a block stands in its file, without its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) len: u32,
}

fn sum(bytes: &[u8]) -> [u8; SUM_BYTES] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut sum = [0; SUM_BYTES];
    for (place, byte) in sum.iter_mut().zip(digest.as_ref()) {
        *place = *byte;
    }
    sum
}

/// Appends a block and its checksum.
pub(super) fn push(out: &mut Vec<u8>, payload: &[u8]) -> Place {
    let place = Place {
        offset: out.len() as u64,
        len: u32::try_from(payload.len()).unwrap_or(u32::MAX),
    };
    out.extend_from_slice(payload);
    out.extend_from_slice(&sum(payload));
    place
}

/// Reads a block; `None` when its bytes are not those that were written.
pub(super) fn read(file: &File, place: Place) -> io::Result<Option<Vec<u8>>> {
    let len = place.len as usize;
    if len > BLOCK_BYTES_MAX {
        return Ok(None);
    }
    let mut bytes = vec![0; len + SUM_BYTES];
    match file.read_exact_at(&mut bytes, place.offset) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let whole = bytes
        .split_at_checked(len)
        .is_some_and(|(payload, found)| sum(payload) == *found);
    bytes.truncate(len);
    Ok(whole.then_some(bytes))
}

/// Appends a number, seven bits a byte.
pub(super) fn push_number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value as u8 & 0x7f) | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends a number that may be negative.
pub(super) fn push_signed(out: &mut Vec<u8>, value: i64) {
    push_number(out, ((value << 1) ^ (value >> 63)) as u64);
}

/// What is left of a block that is being read.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let value = self.number()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
