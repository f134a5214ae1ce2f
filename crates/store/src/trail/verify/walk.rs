//! The way through the files: line by line in the order of the chain.
//!
//! A file is a day's, and records come a little out of time: around midnight, or when the clock was set
//! back, a record may be written to an older file than the one before it. So each file has a place up to
//! which it was read, and where the current one does not go on with the record that is due, another may.

use super::FINDINGS_TOLD_MAX;
use super::finding::Place;
use crate::disk::files::FileError;
use crate::trail::chain::{ChainPoint, Integrity, split};
use crate::trail::reader::{Look, Next, TrailDay, TrailLines, TrailReader};

/// Days before the first one that are searched for the record before it.
const DAYS_BEFORE_MAX: usize = 8;

/// What comes next.
pub(super) enum Step<'a> {
    /// A line.
    Line {
        place: Place,
        /// The record without its closing brace.
        body: &'a [u8],
        integrity: Integrity,
        /// The number of the line behind it, as far as that helps to understand this one.
        after: Option<u64>,
    },
    /// A file ends with a line that is not whole.
    Unfinished(Place),
}

/// A line that was read.
#[derive(Clone, Copy)]
struct Held {
    offset: u64,
    end: u64,
    body_len: usize,
    integrity: Integrity,
}

#[derive(Clone, Copy)]
enum Ahead {
    Line(Held),
    Unfinished(u64),
    End,
}

impl Ahead {
    fn sequence(&self) -> Option<u64> {
        match self {
            Ahead::Line(Held {
                integrity: Integrity::At(point),
                ..
            }) => Some(point.sequence),
            _ => None,
        }
    }
}

struct Cursor {
    day: TrailDay,
    /// The file's length when the pass began.
    length: u64,
    /// Lines read.
    lines: u64,
    /// Where the line ahead begins.
    offset: u64,
    ahead: Ahead,
}

pub(super) struct Walk<'a> {
    reader: &'a TrailReader,
    cursors: Vec<Cursor>,
    /// The file that is being read; its line ahead is in the lines' own buffer.
    active: Option<(usize, TrailLines)>,
    /// The line that was handed out.
    line: Vec<u8>,
    /// Days not read because the pass begins later.
    before: Vec<TrailDay>,
    /// Lines in front of the chain, in files that hold nothing of it; the first of them, and how many.
    pub(super) old_lines: Vec<Place>,
    pub(super) old_lines_count: u64,
    pub(super) days: u64,
    pub(super) read: u64,
    pub(super) total: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn start(
        reader: &'a TrailReader,
        from: Option<TrailDay>,
    ) -> Result<Walk<'a>, FileError> {
        let days = reader.days()?;
        let first = from.map_or(0, |from| days.partition_point(|day| *day < from));
        let (before, days) = days.split_at(first);
        let mut walk = Walk {
            reader,
            cursors: Vec::new(),
            active: None,
            line: Vec::new(),
            before: before.to_vec(),
            old_lines: Vec::new(),
            old_lines_count: 0,
            days: days.len() as u64,
            read: 0,
            total: 0,
        };
        for day in days {
            let length = reader.length(*day)?;
            walk.total += length;
            walk.cursors.push(Cursor {
                day: *day,
                length,
                lines: 0,
                offset: 0,
                ahead: Ahead::End,
            });
        }
        for at in 0..walk.cursors.len() {
            walk.open(at)?;
        }
        walk.pass_old_files()?;
        walk.add_stragglers()?;
        Ok(walk)
    }

    /// Makes a file the current one.
    fn open(&mut self, at: usize) -> Result<(), FileError> {
        if self
            .active
            .as_ref()
            .is_some_and(|(active, _)| *active == at)
        {
            return Ok(());
        }
        if let Some(cursor) = self.cursors.get_mut(at) {
            let mut lines = self
                .reader
                .lines(cursor.day, cursor.offset)?
                .until(cursor.length);
            cursor.ahead = look(&mut lines)?;
            self.active = Some((at, lines));
        }
        Ok(())
    }

    /// Moves on by a line in the current file; the line passed is then in `self.line`.
    fn take(&mut self) -> Result<Option<(Place, Held)>, FileError> {
        let Some((at, lines)) = &mut self.active else {
            return Ok(None);
        };
        let Some(cursor) = self.cursors.get_mut(*at) else {
            return Ok(None);
        };
        let Ahead::Line(held) = cursor.ahead else {
            return Ok(None);
        };
        lines.swap(&mut self.line);
        cursor.lines += 1;
        cursor.offset = held.end;
        cursor.ahead = look(lines)?;
        self.read += held.end - held.offset;
        let place = Place {
            day: cursor.day,
            line: cursor.lines,
            offset: held.offset,
            end: held.end,
        };
        Ok(Some((place, held)))
    }

    /// Passes over the files in front of the chain that hold nothing of it.
    fn pass_old_files(&mut self) -> Result<(), FileError> {
        for at in 0..self.cursors.len() {
            self.open(at)?;
            if self.sequence_of(at)?.is_some() {
                return Ok(());
            }
            while matches!(self.ahead(at), Ahead::Line(_)) {
                let Some((place, _)) = self.take()? else {
                    break;
                };
                self.old_lines_count += 1;
                if self.old_lines.len() < FINDINGS_TOLD_MAX {
                    self.old_lines.push(place);
                }
            }
        }
        Ok(())
    }

    /// The number of the first record of a file, from where it is read.
    fn sequence_of(&self, at: usize) -> Result<Option<u64>, FileError> {
        let Some(cursor) = self.cursors.get(at) else {
            return Ok(None);
        };
        if let Some(sequence) = cursor.ahead.sequence() {
            return Ok(Some(sequence));
        }
        let lines = self.reader.lines(cursor.day, cursor.offset)?;
        let mut lines = lines.until(cursor.length);
        while let Some(line) = lines.next_line()? {
            if let Some(point) = line.point() {
                return Ok(Some(point.sequence));
            }
        }
        Ok(None)
    }

    /// Whether days before the first one that is read are there.
    pub(super) fn begins_later(&self) -> bool {
        !self.before.is_empty()
    }

    /// When the pass begins with a later day: records behind its first that stand in older files.
    fn add_stragglers(&mut self) -> Result<(), FileError> {
        let Some(first) = self.first_sequence()? else {
            return Ok(());
        };
        let before = self.before.clone();
        for day in before.into_iter().rev().take(DAYS_BEFORE_MAX) {
            let mut newest = None;
            self.reader.backwards(day, |line| {
                newest = line.point();
                Look::Enough
            })?;
            if newest.is_none_or(|newest| newest.sequence < first) {
                continue;
            }
            let mut lines = self.reader.lines(day, 0)?;
            let (mut offset, mut count) = (0, 0);
            while let Some(line) = lines.next_line()? {
                if line.point().is_some_and(|point| point.sequence > first) {
                    break;
                }
                (offset, count) = (line.end, count + 1);
            }
            self.cursors.push(Cursor {
                day,
                length: self.reader.length(day)?,
                lines: count,
                offset,
                ahead: Ahead::End,
            });
            self.open(self.cursors.len() - 1)?;
        }
        Ok(())
    }

    fn first_sequence(&self) -> Result<Option<u64>, FileError> {
        for at in 0..self.cursors.len() {
            if let Some(sequence) = self.sequence_of(at)? {
                return Ok(Some(sequence));
            }
        }
        Ok(None)
    }

    /// The first record's number, when the pass begins with a later day than the trail.
    pub(super) fn first_place(&self) -> Result<Option<(u64, Beginning)>, FileError> {
        let begins = match self.before.is_empty() {
            true => Beginning::OfTrail,
            false => Beginning::Later,
        };
        Ok(self.first_sequence()?.map(|sequence| (sequence, begins)))
    }

    /// The record before the first one, as the days before it tell.
    pub(super) fn before_first(&self) -> Result<Option<ChainPoint>, FileError> {
        let Some(first) = self.first_sequence()? else {
            return Ok(None);
        };
        let mut found = None;
        for day in self.before.iter().rev().take(DAYS_BEFORE_MAX) {
            self.reader.backwards(*day, |line| match line.point() {
                Some(point) if point.sequence + 1 == first => {
                    found = Some(point);
                    Look::Enough
                }
                Some(point) if point.sequence >= first => Look::On,
                _ => Look::Enough,
            })?;
            if found.is_some() {
                break;
            }
        }
        Ok(found)
    }

    /// The lowest number ahead in any file that lies within a range.
    pub(super) fn ahead_within(&self, first: u64, last: u64) -> Option<u64> {
        let ahead = self.cursors.iter();
        let numbers = ahead.filter_map(|cursor| cursor.ahead.sequence());
        numbers
            .filter(|number| (first..=last).contains(number))
            .min()
    }

    /// Was everything read up to and including this day?
    pub(super) fn is_behind(&self, day: TrailDay) -> bool {
        let mut first = self.cursors.iter().take_while(|cursor| cursor.day <= day);
        first.all(|cursor| matches!(cursor.ahead, Ahead::End | Ahead::Unfinished(_)))
    }

    /// The next line, when record `due` is the next of the chain.
    pub(super) fn step(&mut self, due: u64) -> Result<Option<Step<'_>>, FileError> {
        let Some(at) = self.choose(due) else {
            return Ok(None);
        };
        self.open(at)?;
        if let Some(cursor) = self.cursors.get_mut(at)
            && let Ahead::Unfinished(offset) = cursor.ahead
        {
            cursor.ahead = Ahead::End;
            self.read += cursor.length.saturating_sub(offset);
            return Ok(Some(Step::Unfinished(Place {
                day: cursor.day,
                line: cursor.lines + 1,
                offset,
                end: cursor.length,
            })));
        }
        let Some((place, held)) = self.take()? else {
            return Ok(None);
        };
        let after = self.after(at, due);
        Ok(Some(Step::Line {
            place,
            body: self.line.get(..held.body_len).unwrap_or_default(),
            integrity: held.integrity,
            after,
        }))
    }

    /// The file to read on in: the one that has the record that is due, the current one first. When none
    /// has it, something is wrong, and what comes nearest is most likely to tell what.
    fn choose(&self, due: u64) -> Option<usize> {
        let active = self.active.as_ref().map(|(at, _)| *at);
        let has = |at: &usize| self.ahead(*at).sequence() == Some(due);
        if let Some(active) = active.filter(has) {
            return Some(active);
        }
        let all = 0..self.cursors.len();
        if let Some(other) = all.clone().find(has) {
            return Some(other);
        }
        let left = |at: &usize| !matches!(self.ahead(*at), Ahead::End);
        let is_begun = |at: &usize| self.cursors.get(*at).is_some_and(|cursor| cursor.lines > 0);
        // Back from a record in an older file: to the newest that was begun.
        let begun = || all.clone().rev().filter(is_begun).find(left);
        if let Some(active) = active.filter(left).or_else(begun) {
            let later = self.ahead(active).sequence().is_some_and(|next| next > due);
            if !later {
                return Some(active);
            }
            // What stands in the way in a file that was begun?
            let blocked = |at: &usize| is_begun(at) && self.nearness(*at, due) == due;
            if let Some(other) = all.clone().find(blocked) {
                return Some(other);
            }
            if !self.is_out_of_time(active) {
                return Some(active);
            }
            // Does something stand in front of the record that is due, or in its place?
            let hides = |at: &usize| {
                self.second(*at)
                    .is_some_and(|next| next == due || next == due + 1)
            };
            let mut others = all.clone().filter(left).filter(|at| *at > active);
            if let Some(next) = others.next().filter(hides) {
                return Some(next);
            }
        }
        all.filter(left).min_by_key(|at| self.nearness(*at, due))
    }

    fn ahead(&self, at: usize) -> Ahead {
        self.cursors
            .get(at)
            .map_or(Ahead::End, |cursor| cursor.ahead)
    }

    /// The number of the line behind the line ahead.
    fn second(&self, at: usize) -> Option<u64> {
        let cursor = self.cursors.get(at)?;
        let lines = self.reader.lines(cursor.day, cursor.offset).ok()?;
        let mut lines = lines.until(cursor.length);
        lines.next_line().ok()??;
        let point = lines.next_line().ok()??.point();
        point.map(|point| point.sequence)
    }

    /// How far the line ahead is from the one that is due; what cannot be told may be that one.
    fn nearness(&self, at: usize, due: u64) -> u64 {
        match self.ahead(at) {
            Ahead::Line(Held {
                integrity: Integrity::At(point),
                ..
            }) => point.sequence.max(due),
            Ahead::Line(_) => due,
            Ahead::Unfinished(_) | Ahead::End => u64::MAX,
        }
    }

    /// May the line ahead have been written to an older file than the one before it? Then it is the last
    /// of its file, or a newer one was begun.
    fn is_out_of_time(&self, at: usize) -> bool {
        let Some(cursor) = self.cursors.get(at) else {
            return false;
        };
        let is_last = matches!(cursor.ahead, Ahead::Line(held) if held.end == cursor.length);
        let newer = |other: &Cursor| other.day > cursor.day && other.lines > 0;
        is_last || self.cursors.iter().any(newer)
    }

    /// The number behind the line just taken. At the end of a file it is the one that is due, or the one
    /// behind it, if another file goes on with it.
    fn after(&self, at: usize, due: u64) -> Option<u64> {
        match self.cursors.get(at).map(|cursor| &cursor.ahead) {
            Some(Ahead::End | Ahead::Unfinished(_)) | None => {
                let mut others: Vec<u64> = self
                    .cursors
                    .iter()
                    .filter_map(|cursor| cursor.ahead.sequence())
                    .filter(|sequence| *sequence == due || *sequence == due + 1)
                    .collect();
                others.sort_unstable();
                others.first().copied()
            }
            Some(ahead) => ahead.sequence(),
        }
    }

    /// Behind the last line of a day's file.
    pub(super) fn end_of(&self, day: TrailDay) -> Option<Place> {
        let cursor = self.cursors.iter().find(|cursor| cursor.day == day)?;
        Some(Place {
            day,
            line: cursor.lines + 1,
            offset: cursor.offset,
            end: cursor.offset,
        })
    }
}

/// Where the pass begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beginning {
    OfTrail,
    Later,
}

/// Reads the next line into the lines' own buffer.
fn look(lines: &mut TrailLines) -> Result<Ahead, FileError> {
    Ok(match lines.advance()? {
        Next::Line(offset, end) => {
            let (body, integrity) = split(lines.held());
            Ahead::Line(Held {
                offset,
                end,
                body_len: body.len(),
                integrity,
            })
        }
        Next::Unfinished(offset) => Ahead::Unfinished(offset),
        Next::End => Ahead::End,
    })
}
