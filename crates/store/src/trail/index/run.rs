//! Records that are being indexed: the newest ones, or those of a segment that is made again.

use super::attribute::{HASH_BITS, facts, hash};
use super::postings::Set;

/// Postings are kept apart by the first bits of their hash, so that a look-up goes through few of them.
const BUCKETS: usize = 256;
/// Bytes of a day file that one segment covers at most.
const SPAN_BYTES_MAX: u64 = 1 << 30;

/// What is known of one record besides its postings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) offset: u64,
    /// With its line feed.
    pub(super) len: u64,
    pub(super) time_s: i64,
}

/// A run of records of one day, one after the other without a gap.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) day: i64,
    pub(super) start: u64,
    /// Where the next record begins.
    pub(super) end: u64,
    pub(super) rows: Vec<Row>,
    records_max: usize,
    /// Hash and record in one number, in the order of the records.
    postings: Vec<Vec<u64>>,
}

/// Where a hash belongs.
fn bucket(hash: u64) -> usize {
    (hash >> (HASH_BITS - BUCKETS.ilog2())) as usize
}

impl Run {
    pub(super) fn new(day: i64, start: u64, records_max: usize) -> Run {
        Run {
            day,
            start,
            end: start,
            rows: Vec::new(),
            records_max,
            postings: vec![Vec::new(); BUCKETS],
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.rows.len() >= self.records_max || self.end - self.start >= SPAN_BYTES_MAX
    }

    /// Takes the next line. One that is no record keeps its place and is found by nothing.
    pub(super) fn push(&mut self, line: &[u8]) {
        let Ok(number) = u16::try_from(self.rows.len()) else {
            return;
        };
        let len = line.len() as u64 + 1;
        let found = facts(line);
        self.rows.push(Row {
            offset: self.end,
            len,
            time_s: found.as_ref().map_or(i64::MIN, |facts| facts.time_s),
        });
        self.end += len;
        if let Some(facts) = found {
            for (attribute, value) in facts.values() {
                let hash = hash(attribute, value);
                if let Some(postings) = self.postings.get_mut(bucket(hash)) {
                    postings.push((hash << 16) | u64::from(number));
                }
            }
        }
    }

    /// Adds the records that have the hash.
    pub(super) fn find(&self, hash: u64, set: &mut Set) {
        let postings = self.postings.get(bucket(hash)).into_iter().flatten();
        let same = postings.filter(|posting| **posting >> 16 == hash);
        same.for_each(|posting| set.insert((posting & 0xffff) as u16));
    }

    /// All postings, sorted, each once.
    pub(super) fn sorted(&self) -> Vec<u64> {
        let mut all = Vec::with_capacity(self.postings.iter().map(Vec::len).sum());
        let mut part = Vec::new();
        for postings in &self.postings {
            part.clone_from(postings);
            part.sort_unstable();
            part.dedup();
            all.extend_from_slice(&part);
        }
        all
    }
}
