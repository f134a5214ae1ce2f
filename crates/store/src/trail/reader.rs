//! The one place that reads the trail's files: days, lines from a position, a line taken apart.

use super::chain::{ChainPoint, Integrity, split};
use super::head::{self, HeadState};
use crate::day;
use crate::disk::files::FileError;
use crate::limits::TRAIL_LINE_BYTES_MAX;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Bytes read at a time.
const BLOCK: usize = 64 * 1024;
/// Lines at the end of a day that are searched for one with a place in the chain.
const LAST_LINES_MAX: u32 = 100;

/// A UTC day, which has a file of its own: days since 1970-01-01, shown as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrailDay(i64);

impl TrailDay {
    /// The day of a Unix time in seconds.
    pub fn of_time(time_s: i64) -> TrailDay {
        TrailDay(day::day_of(time_s))
    }

    /// Days since 1970-01-01.
    pub fn number(self) -> i64 {
        self.0
    }

    pub(crate) fn of_number(day: i64) -> TrailDay {
        TrailDay(day)
    }

    /// The name of the day's file in the trail's folder.
    pub fn file_name(self) -> String {
        format!("{self}.jsonl")
    }
}

impl fmt::Display for TrailDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&day::name_of(self.0))
    }
}

/// Not a day as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a day of the form YYYY-MM-DD")]
pub struct NoDay;

impl FromStr for TrailDay {
    type Err = NoDay;
    fn from_str(text: &str) -> Result<TrailDay, NoDay> {
        day::of_name(text).map(TrailDay).ok_or(NoDay)
    }
}

/// One whole line of the trail, without its line feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrailLine<'a> {
    /// Where it begins in its day's file.
    pub offset: u64,
    /// Where the next one begins.
    pub end: u64,
    /// As it stands in the file.
    pub bytes: &'a [u8],
}

impl TrailLine<'_> {
    /// What it says of its place in the chain. Whether that is true is for
    /// [`verify_trail`](crate::verify_trail) to say.
    pub fn integrity(&self) -> Integrity {
        split(self.bytes).1
    }

    /// Its place in the chain, when it says one.
    pub fn point(&self) -> Option<ChainPoint> {
        match self.integrity() {
            Integrity::At(point) => Some(point),
            Integrity::Damaged | Integrity::None => None,
        }
    }

    /// The record as it was given to the trail: without the chain's member.
    pub fn record(&self) -> Vec<u8> {
        match split(self.bytes) {
            (body, Integrity::At(_)) => [body, b"}"].concat(),
            _ => self.bytes.to_vec(),
        }
    }
}

/// Reads a trail's folder, beside a running server or without one. It holds no file open.
#[derive(Clone, Debug)]
pub struct TrailReader {
    dir: PathBuf,
}

impl TrailReader {
    /// The trail of a data directory.
    ///
    /// # Errors
    /// When there is no trail's folder in it.
    pub fn open(data: &Path) -> Result<TrailReader, FileError> {
        TrailReader::in_folder(&crate::disk::trail_path(data))
    }

    /// The trail in a folder of its own, as a copy may be.
    ///
    /// # Errors
    /// When the folder is none.
    pub fn in_folder(dir: &Path) -> Result<TrailReader, FileError> {
        let found = std::fs::metadata(dir).map_err(FileError::io(dir))?;
        if !found.is_dir() {
            return Err(FileError::Kind {
                path: dir.to_path_buf(),
                expected: "folder",
            });
        }
        Ok(TrailReader {
            dir: dir.to_path_buf(),
        })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of a day, there or not.
    pub fn path(&self, day: TrailDay) -> PathBuf {
        self.dir.join(day.file_name())
    }

    /// The days that have a file, oldest first.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn days(&self) -> Result<Vec<TrailDay>, FileError> {
        days_in(&self.dir).map_err(FileError::io(&self.dir))
    }

    /// The length of a day's file now; 0 when there is none.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn length(&self, day: TrailDay) -> Result<u64, FileError> {
        let path = self.path(day);
        match std::fs::metadata(&path) {
            Ok(found) => Ok(found.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(FileError::io(&path)(error)),
        }
    }

    /// The lines of a day from an offset, which must be the beginning of one.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn lines(&self, day: TrailDay, offset: u64) -> Result<TrailLines, FileError> {
        let path = self.path(day);
        let open = || -> io::Result<File> {
            let mut file = File::open(&path)?;
            file.seek(SeekFrom::Start(offset))?;
            Ok(file)
        };
        let file = open().map_err(FileError::io(&path))?;
        Ok(TrailLines {
            reader: BufReader::with_capacity(BLOCK, file),
            path,
            line: Vec::new(),
            offset,
            end: u64::MAX,
        })
    }

    /// What the head's file says.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn head(&self) -> Result<HeadState, FileError> {
        head::read(&self.dir)
    }

    /// Calls `look` with the whole lines of a day from its last backwards, until it has seen enough.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn backwards(
        &self,
        day: TrailDay,
        mut look: impl FnMut(TrailLine<'_>) -> Look,
    ) -> Result<(), FileError> {
        let path = self.path(day);
        let mut file = File::open(&path).map_err(FileError::io(&path))?;
        backwards(&mut file, &mut look).map_err(FileError::io(&path))
    }

    /// The newest record of all days that says its place in the chain, with its day and line.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn newest(&self) -> Result<Option<Newest>, FileError> {
        let mut newest: Option<Newest> = None;
        for day in self.days()? {
            let mut left = LAST_LINES_MAX;
            self.backwards(day, |line| match line.point() {
                Some(point) => {
                    if newest
                        .as_ref()
                        .is_none_or(|held| held.point.sequence < point.sequence)
                    {
                        newest = Some(Newest {
                            point,
                            day,
                            length: line.end,
                            record: line.record(),
                        });
                    }
                    Look::Enough
                }
                None if left == 0 => Look::Enough,
                None => {
                    left -= 1;
                    Look::On
                }
            })?;
        }
        Ok(newest)
    }
}

/// The days that have a file in a trail's folder, oldest first.
pub(crate) fn days_in(dir: &Path) -> io::Result<Vec<TrailDay>> {
    let mut days = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let day = name.strip_suffix(".jsonl").map(str::parse::<TrailDay>);
        days.extend(day.and_then(Result::ok));
    }
    days.sort_unstable();
    Ok(days)
}

/// The newest record of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newest {
    /// Its place in the chain.
    pub point: ChainPoint,
    /// Its day's file.
    pub day: TrailDay,
    /// Where its line ends there.
    pub length: u64,
    /// The record itself.
    pub record: Vec<u8>,
}

/// Whether reading backwards goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// It does.
    On,
    /// What was looked for is found.
    Enough,
}

fn backwards(file: &mut File, look: &mut dyn FnMut(TrailLine<'_>) -> Look) -> io::Result<()> {
    // `held` are the bytes from `start` to the end of the line that is looked for next.
    let mut start = file.seek(SeekFrom::End(0))?;
    let mut held: Vec<u8> = Vec::new();
    let mut whole = Whole::NotYet;
    loop {
        let feed = held.iter().rposition(|byte| *byte == b'\n');
        if let (Some(at), Whole::NotYet) = (feed, whole) {
            // What stands behind the last line feed is no whole line.
            held.truncate(at);
            whole = Whole::Yes;
            continue;
        }
        if let (Some(at), Whole::Yes) = (feed, whole) {
            if look(line_of(&held, start, at + 1)) == Look::Enough {
                return Ok(());
            }
            held.truncate(at);
            continue;
        }
        if start == 0 {
            if whole == Whole::Yes {
                look(line_of(&held, 0, 0));
            }
            return Ok(());
        }
        if held.len() > TRAIL_LINE_BYTES_MAX {
            match whole {
                // Nothing of it is needed: it is no whole line.
                Whole::NotYet => held.clear(),
                // No record is as long, so nothing before it is told.
                Whole::Yes => return Ok(()),
            }
        }
        let length = start.min(BLOCK as u64);
        start -= length;
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        file.by_ref().take(length).read_to_end(&mut block)?;
        block.append(&mut held);
        held = block;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    NotYet,
    Yes,
}

fn line_of(held: &[u8], start: u64, from: usize) -> TrailLine<'_> {
    let bytes = held.get(from..).unwrap_or_default();
    let offset = start + from as u64;
    TrailLine {
        offset,
        end: offset + bytes.len() as u64 + 1,
        bytes,
    }
}

/// The lines of a day, one after the other.
#[derive(Debug)]
pub struct TrailLines {
    reader: BufReader<File>,
    path: PathBuf,
    line: Vec<u8>,
    /// Where the next line begins.
    offset: u64,
    /// Where reading ends at the latest.
    end: u64,
}

/// What is next in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A whole line, or the beginning of one that is too long, told by where it begins and ends.
    Line(u64, u64),
    /// A line without a line feed: cut off, or being written.
    Unfinished(u64),
    End,
}

impl TrailLines {
    /// Ends at this offset, even when the file is longer.
    #[must_use]
    pub fn until(mut self, end: u64) -> TrailLines {
        self.end = end;
        self
    }

    /// The next whole line; `None` at the end, where a later call finds what was added since.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn next_line(&mut self) -> Result<Option<TrailLine<'_>>, FileError> {
        match self.advance()? {
            Next::Line(offset, end) => Ok(Some(TrailLine {
                offset,
                end,
                bytes: &self.line,
            })),
            Next::Unfinished(_) | Next::End => Ok(None),
        }
    }

    /// Reads on; the line is then in [`TrailLines::held`].
    pub(crate) fn advance(&mut self) -> Result<Next, FileError> {
        self.read().map_err(FileError::io(&self.path))
    }

    pub(crate) fn held(&self) -> &[u8] {
        &self.line
    }

    /// Trades the line that is held for other memory.
    pub(crate) fn swap(&mut self, line: &mut Vec<u8>) {
        std::mem::swap(&mut self.line, line);
    }

    fn read(&mut self) -> io::Result<Next> {
        self.line.clear();
        let room = self.end.saturating_sub(self.offset);
        let limit = room.min(TRAIL_LINE_BYTES_MAX as u64);
        let read = (&mut self.reader)
            .take(limit)
            .read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(Next::End);
        }
        let (begin, mut end) = (self.offset, self.offset + read as u64);
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            self.offset = end;
            return Ok(Next::Line(begin, end));
        }
        if read as u64 == limit && room > limit {
            // Too long to be a record: the rest of it is passed over.
            let mut passed = Passed::default();
            while passed.feed == 0 && end < self.end {
                let block = self.reader.fill_buf()?;
                passed = Passed::over(block, self.end - end);
                self.reader.consume(passed.bytes);
                end += passed.bytes as u64;
                if passed.bytes == 0 {
                    break;
                }
            }
            if passed.feed == 1 {
                self.offset = end;
                return Ok(Next::Line(begin, end));
            }
        }
        // To be read again when there is more of it.
        self.reader.seek(SeekFrom::Start(begin))?;
        Ok(Next::Unfinished(begin))
    }
}

/// How much of a block belongs to a line that is passed over.
#[derive(Default)]
struct Passed {
    bytes: usize,
    feed: usize,
}

impl Passed {
    fn over(block: &[u8], room: u64) -> Passed {
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(block.len());
        let block = block.get(..room).unwrap_or(block);
        match block.iter().position(|byte| *byte == b'\n') {
            Some(at) => Passed {
                bytes: at + 1,
                feed: 1,
            },
            None => Passed {
                bytes: block.len(),
                feed: 0,
            },
        }
    }
}
