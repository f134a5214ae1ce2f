//! Records that are being indexed: the newest ones, or those of a segment that is made again.

use super::attribute::{facts, hash};
use super::postings::Set;

/// Postings that are not sorted yet, at most; a look-up goes through all of them.
const LOOSE_MAX: usize = 32 * 1024;
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
    /// Hash and record in one number; sorted parts, then one that is not.
    sorted: Vec<Vec<u64>>,
    loose: Vec<u64>,
}

impl Run {
    pub(super) fn new(day: i64, start: u64, records_max: usize) -> Run {
        Run {
            day,
            start,
            end: start,
            rows: Vec::new(),
            records_max,
            sorted: Vec::new(),
            loose: Vec::new(),
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
                self.loose
                    .push((hash(attribute, value) << 16) | u64::from(number));
            }
        }
        if self.loose.len() >= LOOSE_MAX {
            self.sort();
        }
    }

    fn sort(&mut self) {
        let mut loose = std::mem::take(&mut self.loose);
        loose.sort_unstable();
        loose.dedup();
        loose.shrink_to_fit();
        self.sorted.push(loose);
    }

    /// Adds the records that have the hash.
    pub(super) fn find(&self, hash: u64, set: &mut Set) {
        let insert = |set: &mut Set, posting: &u64| set.insert((posting & 0xffff) as u16);
        for part in &self.sorted {
            let first = part.partition_point(|posting| posting >> 16 < hash);
            let rest = part.get(first..).unwrap_or_default();
            let same = rest.iter().take_while(|posting| **posting >> 16 == hash);
            same.for_each(|posting| insert(set, posting));
        }
        let loose = self.loose.iter();
        let same = loose.filter(|posting| **posting >> 16 == hash);
        same.for_each(|posting| insert(set, posting));
    }

    /// All postings, sorted.
    pub(super) fn into_sorted(mut self) -> (Run, Vec<u64>) {
        let mut all = std::mem::take(&mut self.loose);
        for part in std::mem::take(&mut self.sorted) {
            all.extend(part);
        }
        // What is sorted already is merged by this one.
        all.sort();
        all.dedup();
        (self, all)
    }
}
