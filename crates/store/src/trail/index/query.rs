//! Looking up: what is asked, and how it is answered from segments, memory and plain lines.

use super::attribute::{Attribute, Facts, facts, hash};
use super::lines::{self, Step, backwards, line_at};
use super::postings::Set;
use super::run::{Row, Run};
use super::segment::Segment;
use super::shelf::Shelf;
use crate::change::Event;
use crate::day::day_of;
use crate::disk::files::{Access, FileError, private_file};
use crate::trail::chain::{Integrity, split};
use std::fs::File;
use std::io;
use std::path::Path;

/// Values of which a record must have one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term(pub Vec<(Attribute, String)>);

impl Term {
    /// The attribute must have this value.
    pub fn is(attribute: Attribute, value: impl Into<String>) -> Term {
        Term(vec![(attribute, value.into())])
    }

    fn holds(&self, facts: &Facts<'_>) -> bool {
        let mut values = self.0.iter();
        values.any(|(attribute, value)| facts.has(*attribute, value))
    }
}

/// Where a record stands. Later records have greater places, as far as days go by in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Days since 1970-01-01: the name of the file.
    pub day: i64,
    /// Byte of the day's file.
    pub offset: u64,
}

/// What is looked for. All terms must hold.
#[derive(Clone, Debug)]
pub struct Query {
    /// At least one value of each.
    pub terms: Vec<Term>,
    /// Unix seconds, from and including.
    pub from_s: i64,
    /// Unix seconds, up to and including.
    pub until_s: i64,
    /// Records before this one only: where an earlier answer ended.
    pub before: Option<Position>,
    /// How many records at most.
    pub limit: usize,
    /// Bytes of lines that are read at most; the answer may then be short and go on elsewhere.
    pub bytes_max: u64,
}

impl Default for Query {
    fn default() -> Query {
        Query {
            terms: Vec::new(),
            from_s: i64::MIN,
            until_s: i64::MAX,
            before: None,
            limit: 50,
            bytes_max: u64::MAX,
        }
    }
}

impl Query {
    /// Whether a record is one of those that are looked for.
    pub fn matches(&self, facts: &Facts<'_>) -> bool {
        (self.from_s..=self.until_s).contains(&facts.time_s)
            && self.terms.iter().all(|term| term.holds(facts))
    }
}

/// A record that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where it stands.
    pub position: Position,
    /// The line as it stands there, without its line feed.
    pub line: Vec<u8>,
}

/// Records that were looked for, the newest first: in the order of their recording, backwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// At most as many as were asked for.
    pub hits: Vec<Hit>,
    /// Where to go on; `None` when there is nothing more.
    pub next: Option<Position>,
}

/// Looks up in a trail's folder that nobody has open, or somebody else has: what is not in a segment
/// is read line by line.
///
/// # Errors
/// When a file cannot be read.
pub fn search_folder(dir: &Path, query: &Query) -> io::Result<Found> {
    let shelf = Shelf::open(&dir.join("index"))?;
    search(dir, &shelf, None, query)
}

/// An answer in the making.
struct Search<'a> {
    query: &'a Query,
    hashes: Vec<Vec<u64>>,
    found: Found,
    left: u64,
}

pub(super) fn search(
    dir: &Path,
    shelf: &Shelf,
    newest: Option<&Run>,
    query: &Query,
) -> io::Result<Found> {
    let mut search = Search {
        query,
        hashes: hashes(query),
        found: Found::default(),
        left: query.bytes_max,
    };
    let (first, last) = (day_of(query.from_s), day_of(query.until_s));
    for day in lines::days(dir)? {
        let ahead = query.before.is_some_and(|before| day > before.day);
        if day > last || day < first || ahead {
            continue;
        }
        let file = match private_file(&lines::path(dir, day), Access::Read) {
            Ok(file) => file,
            Err(FileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                continue;
            }
            Err(error) => return Err(io::Error::other(error.to_string())),
        };
        let run = newest.filter(|run| run.day == day);
        if search.day(&file, day, shelf, run)? == Step::Stop {
            break;
        }
    }
    Ok(search.found)
}

fn hashes(query: &Query) -> Vec<Vec<u64>> {
    let of_term = |term: &Term| {
        let values = term.0.iter();
        values
            .map(|(attribute, value)| hash(*attribute, value))
            .collect()
    };
    // What few records have comes first: most segments have none of it, and no more is read there.
    let mut terms: Vec<&Term> = query.terms.iter().collect();
    terms.sort_by_key(|term| term.0.iter().map(|(held, _)| held.frequency()).max());
    terms.into_iter().map(of_term).collect()
}

impl Search<'_> {
    /// The parts of a day, the newest first.
    fn day(&mut self, file: &File, day: i64, shelf: &Shelf, run: Option<&Run>) -> io::Result<Step> {
        let mut end = file.metadata()?.len();
        if let Some(before) = self.query.before.filter(|before| before.day == day) {
            end = end.min(before.offset);
        }
        if let Some(run) = run.filter(|run| run.start < end) {
            if run.end < end && self.plain(file, day, (run.end, end))? == Step::Stop {
                return Ok(Step::Stop);
            }
            if self.in_memory(file, run, end)? == Step::Stop {
                return Ok(Step::Stop);
            }
            end = run.start;
        }
        for (start, segment_end) in shelf.of_day(day).into_iter().rev() {
            if start >= end {
                continue;
            }
            if segment_end < end && self.plain(file, day, (segment_end, end))? == Step::Stop {
                return Ok(Step::Stop);
            }
            let until = segment_end.min(end);
            let step = match shelf.get((day, start), segment_end) {
                Some(segment) => self.segment(file, &segment, until)?,
                None => None,
            };
            // What a damaged segment covers is read.
            let step = match step {
                Some(step) => step,
                None => self.plain(file, day, (start, until))?,
            };
            if step == Step::Stop {
                return Ok(Step::Stop);
            }
            end = start;
        }
        if end > 0 {
            return self.plain(file, day, (0, end));
        }
        Ok(Step::More)
    }

    /// The records that have all terms; `None` when a segment is damaged.
    fn set(
        &self,
        mut find: impl FnMut(u64, &mut Set) -> io::Result<Option<()>>,
    ) -> io::Result<Option<Option<Set>>> {
        let mut all: Option<Set> = None;
        for term in &self.hashes {
            let mut set = Set::default();
            for hash in term {
                if find(*hash, &mut set)?.is_none() {
                    return Ok(None);
                }
            }
            if let Some(all) = &all {
                set.intersect(all);
            }
            let empty = set.is_empty();
            all = Some(set);
            if empty {
                break;
            }
        }
        Ok(Some(all))
    }

    /// `None` when the segment turned out to be damaged before it gave anything.
    fn segment(&mut self, file: &File, segment: &Segment, end: u64) -> io::Result<Option<Step>> {
        let (oldest, newest) = segment.times;
        if newest < self.query.from_s || oldest > self.query.until_s {
            return Ok(Some(Step::More));
        }
        let Some(set) = self.set(|hash, set| segment.find(hash, set))? else {
            return Ok(None);
        };
        let records: Box<dyn Iterator<Item = u16>> = match &set {
            Some(set) => Box::new(set.newest_first()),
            None => Box::new(every(segment.records())),
        };
        let mut block: Option<(usize, Vec<Row>)> = None;
        for record in records {
            let at = usize::from(record);
            let inside = |(first, rows): &(usize, Vec<Row>)| {
                at.checked_sub(*first).and_then(|at| rows.get(at).copied())
            };
            let row = match block.as_ref().and_then(inside) {
                Some(row) => row,
                None => {
                    block = segment.rows(record)?;
                    match block.as_ref().and_then(inside) {
                        Some(row) => row,
                        // Damaged in the middle: the rest of it is read.
                        None => {
                            let _: Option<()> = segment.spoil();
                            let rest = self.rest(segment, end);
                            return self.plain(file, segment.day, rest).map(Some);
                        }
                    }
                }
            };
            if row.offset < end && self.row(file, segment.day, row)? == Step::Stop {
                return Ok(Some(Step::Stop));
            }
        }
        Ok(Some(Step::More))
    }

    /// What of a segment was not looked at yet.
    fn rest(&self, segment: &Segment, end: u64) -> (u64, u64) {
        let last = self.found.hits.last().map(|hit| hit.position);
        let last = last.filter(|at| at.day == segment.day && at.offset < end);
        (segment.start, last.map_or(end, |at| at.offset))
    }

    fn in_memory(&mut self, file: &File, run: &Run, end: u64) -> io::Result<Step> {
        let set = self.set(|hash, set| {
            run.find(hash, set);
            Ok(Some(()))
        })?;
        let records: Box<dyn Iterator<Item = u16>> = match set.flatten() {
            Some(set) => Box::new(set.newest_first().collect::<Vec<_>>().into_iter()),
            None => Box::new(every(run.rows.len() as u64)),
        };
        for record in records {
            let row = run.rows.get(usize::from(record)).copied();
            let row = row.filter(|row| row.offset < end);
            if let Some(row) = row
                && self.row(file, run.day, row)? == Step::Stop
            {
                return Ok(Step::Stop);
            }
        }
        Ok(Step::More)
    }

    /// Reads a record that the index names, and takes it if it is what was asked for.
    fn row(&mut self, file: &File, day: i64, row: Row) -> io::Result<Step> {
        if !(self.query.from_s..=self.query.until_s).contains(&row.time_s) {
            return Ok(Step::More);
        }
        self.left = self.left.saturating_sub(row.len);
        match line_at(file, row.offset, row.len)? {
            Some(line) => Ok(self.line(day, row.offset, &line)),
            None => Ok(Step::More),
        }
    }

    /// Reads all lines of a part of a day's file.
    fn plain(&mut self, file: &File, day: i64, range: (u64, u64)) -> io::Result<Step> {
        let needle = self.needle();
        let mut step = Step::More;
        let finder = needle.as_deref().map(memchr::memmem::Finder::new);
        backwards(file, range, |offset, line| {
            self.left = self.left.saturating_sub(line.len() as u64 + 1);
            let may = finder.as_ref().is_none_or(|it| it.find(line).is_some());
            step = match may {
                true => self.line(day, offset, line),
                false => self.spent(day, offset),
            };
            Ok(step)
        })?;
        Ok(step)
    }

    /// Bytes that every line must have that is looked for: a value that JSON writes as it is.
    fn needle(&self) -> Option<Vec<u8>> {
        let plain = |text: &str| {
            let byte = |byte: u8| byte.is_ascii_graphic() && !b"\"\\/<>&".contains(&byte);
            text.len() > 5 && text.bytes().all(byte)
        };
        let single = self
            .query
            .terms
            .iter()
            .filter_map(|term| match term.0.as_slice() {
                [(Attribute::Failed | Attribute::ReadOnly, _)] => None,
                [(_, value)] if plain(value) => Some(value),
                _ => None,
            });
        single
            .max_by_key(|value| value.len())
            .map(|value| value.as_bytes().to_vec())
    }

    fn line(&mut self, day: i64, offset: u64, line: &[u8]) -> Step {
        // What is no part of the chain is no evidence.
        let wanted = split(line).1 != Integrity::None;
        let wanted = wanted && facts(line).is_some_and(|facts| self.query.matches(&facts));
        if wanted {
            let position = Position::new(day, offset);
            self.found.hits.push(Hit {
                position,
                line: line.to_vec(),
            });
        }
        self.spent(day, offset)
    }

    /// Ends the answer when it is full or has cost enough.
    fn spent(&mut self, day: i64, offset: u64) -> Step {
        if self.found.hits.len() < self.query.limit && self.left > 0 {
            return Step::More;
        }
        self.found.next = Some(Position::new(day, offset));
        Step::Stop
    }
}

/// All records, the newest first.
fn every(count: u64) -> impl Iterator<Item = u16> {
    (0..count).rev().filter_map(|at| u16::try_from(at).ok())
}

/// The same over events in memory, where the place of an event is its number.
pub(crate) fn search_memory(events: &[Event], query: &Query) -> Found {
    let mut found = Found::default();
    let before = query.before.map_or(u64::MAX, |before| before.offset);
    for (at, event) in events.iter().enumerate().rev() {
        let position = Position {
            day: 0,
            offset: at as u64,
        };
        if position.offset >= before {
            continue;
        }
        if facts(&event.record).is_some_and(|facts| query.matches(&facts)) {
            found.hits.push(Hit {
                position,
                line: event.record.clone(),
            });
        }
        if found.hits.len() >= query.limit {
            found.next = Some(position);
            break;
        }
    }
    found
}
