//! A day's lines from a place on, one after the other; the file may grow meanwhile.

use super::BLOCK;
use super::line::TrailLine;
use crate::disk::files::FileError;
use crate::limits::TRAIL_LINE_BYTES_MAX;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::PathBuf;

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
    /// The lines of a day's file from an offset on.
    pub(super) fn open(path: PathBuf, offset: u64) -> Result<TrailLines, FileError> {
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
