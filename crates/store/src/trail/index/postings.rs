//! Which records of a segment have a value: as a set of bits in memory, as a list or bits when stored.

use super::block::{Reader, push_number};

/// Records of one segment at most.
pub(super) const RECORDS_MAX: usize = 1 << 16;
const WORDS: usize = RECORDS_MAX / 64;
/// Bytes of the stored bits.
const BITS_BYTES: usize = RECORDS_MAX / 8;
/// More records than this are stored as bits.
const LIST_MAX: usize = 6_000;

/// Records of a segment, by their number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set(Vec<u64>);

impl Default for Set {
    fn default() -> Set {
        Set(vec![0; WORDS])
    }
}

impl Set {
    pub(super) fn insert(&mut self, record: u16) {
        if let Some(word) = self.0.get_mut(usize::from(record) / 64) {
            *word |= 1 << (record % 64);
        }
    }

    pub(super) fn intersect(&mut self, other: &Set) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// The records, the newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = u16> {
        let words = self.0.iter().enumerate().rev();
        words.flat_map(|(at, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.checked_ilog2()?;
                left &= !(1 << bit);
                u16::try_from(at * 64 + bit as usize).ok()
            })
        })
    }

    /// Adds what [`write`] wrote; `None` when it is not that.
    pub(super) fn add(&mut self, stored: &[u8]) -> Option<()> {
        let mut reader = Reader(stored);
        let count = reader.number()?;
        if count > LIST_MAX as u64 {
            let bits = reader.take(BITS_BYTES)?;
            for (word, bytes) in self.0.iter_mut().zip(bits.chunks_exact(8)) {
                *word |= u64::from_le_bytes(bytes.try_into().ok()?);
            }
            return Some(());
        }
        let mut record = 0u64;
        for _ in 0..count {
            record = record.checked_add(reader.number()?)?;
            self.insert(u16::try_from(record).ok()?);
        }
        Some(())
    }
}

/// Appends the records of sorted postings without repetition (their lowest 16 bits): their number, then
/// differences or bits.
pub(super) fn write(out: &mut Vec<u8>, postings: &[u64]) {
    let records = postings.iter().map(|posting| (posting & 0xffff) as u16);
    push_number(out, postings.len() as u64);
    if postings.len() > LIST_MAX {
        let mut set = Set::default();
        records.for_each(|record| set.insert(record));
        set.0.iter().for_each(|word| out.extend(word.to_le_bytes()));
        return;
    }
    let mut last = 0;
    for record in records {
        push_number(out, u64::from(record - last));
        last = record;
    }
}
